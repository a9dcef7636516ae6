/* SPDX-License-Identifier: MIT */
/* Made by fpga/regs/generate of registers.txt. Do not edit. */
#ifndef CORES_FPGA_REGISTERS_H
#define CORES_FPGA_REGISTERS_H

/* Registers: addresses of 32-bit words, and how many. */
/* name and version of each core */
#define FPGA_REG_IDENTITY		0x000
#define FPGA_IDENTITY_WORDS		40
#define FPGA_REG_STATUS			0x100		/* what goes on */
/* how the last command ended */
#define FPGA_REG_RESULT			0x101
/* a random word, or zero */
#define FPGA_REG_RANDOM			0x102
/* of the table that is committed; zero: none ever was */
#define FPGA_REG_EPOCH			0x103
/* takes effect at once, also while a command runs */
#define FPGA_REG_CONTROL		0x108
/* words of a signature that were read, modulo 256 */
#define FPGA_REG_TAKEN			0x109
/* of the command that comes next */
#define FPGA_REG_ARGUMENT		0x10f
#define FPGA_REG_COMMAND		0x110		/* begins it */
/*
 * what commands take and give. Written while nothing runs; what was written
 * makes it not PUBLIC. Reads as zero unless PUBLIC or, while SIGN runs, for
 * words it has made
 */
#define FPGA_REG_TEXT			0x200
#define FPGA_TEXT_WORDS			256
/* what SIGN signs; n = 24: six words */
#define FPGA_REG_DIGEST			0x300
#define FPGA_DIGEST_WORDS		8
/* the two nodes below that NODE wants, one behind the other */
#define FPGA_REG_BELOW			0x310
#define FPGA_BELOW_WORDS		16

/* STATUS: what goes on */
/* a command is running, or the vault is being zeroised */
#define FPGA_STATUS_BUSY		0x00000001u
/* the tamper pin was seen since power came; stays */
#define FPGA_STATUS_TAMPER		0x00000002u
/* there is a tamper memory, and what it holds is whole */
#define FPGA_STATUS_MEMORY		0x00000004u
/* it has a master key */
#define FPGA_STATUS_MASTER		0x00000008u
/* that key was entered over the bus, not drawn on chip */
#define FPGA_STATUS_ENTERED		0x00000010u
/* the table is there: made, or loaded */
#define FPGA_STATUS_GUARD		0x00000020u
#define FPGA_STATUS_PUBLIC		0x00000040u	/* TEXT may be read */
/* a random word is at RANDOM */
#define FPGA_STATUS_RANDOM		0x00000080u
/* the random generator's start-up test has passed */
#define FPGA_STATUS_STARTED		0x00000100u
/* a health test of the random generator has failed; until reset */
#define FPGA_STATUS_FAILED		0x00000200u
/* words of TEXT that SIGN has made, modulo 256 */
#define FPGA_STATUS_WORDS		0x00ff0000u
#define FPGA_STATUS_WORDS_SHIFT		16

/* RESULT: how the last command ended */
#define FPGA_RESULT_CODE		0x0000000fu	/* see "outcome" */
#define FPGA_RESULT_CODE_SHIFT		0
/* of the last LEAF or CHILD: the node that was reached; of PREPARE: q */
#define FPGA_RESULT_NODE		0xfffffff0u
#define FPGA_RESULT_NODE_SHIFT		4

/* CONTROL: takes effect at once, also while a command runs */
/* every slot, key and buffer; the tamper memory stays */
#define FPGA_CONTROL_ZEROISE		0x00000001u
/* the word at RANDOM was used */
#define FPGA_CONTROL_TAKE		0x00000002u
/* ends SIGN, LEAF, CHILD, NODE, BEGIN early: REFUSED; what they used is wiped */
#define FPGA_CONTROL_ABORT		0x00000004u

/* COMMAND: begins it */
#define FPGA_COMMAND_OP			0xff000000u	/* see below */
#define FPGA_COMMAND_OP_SHIFT		24
#define FPGA_COMMAND_A			0x00f00000u	/* a slot */
#define FPGA_COMMAND_A_SHIFT		20
#define FPGA_COMMAND_B			0x000f0000u	/* another */
#define FPGA_COMMAND_B_SHIFT		16
#define FPGA_COMMAND_N			0x0000ffffu	/* a number */
#define FPGA_COMMAND_N_SHIFT		0

/* META: of a slot: its word 13 */
#define FPGA_META_USE			0x00000003u	/* see "use" */
#define FPGA_META_USE_SHIFT		0
#define FPGA_META_CLEAR			0x00000004u	/* the bus knows it */
/* AES-256; seeds: unused */
#define FPGA_META_LONG			0x00000008u
/* its C was given out: signs once, and does nothing else */
#define FPGA_META_BEGUN			0x00000010u
#define FPGA_META_N24			0x00000020u	/* n is 24 */
#define FPGA_META_WIDTH			0x000000c0u	/* log2 of W */
#define FPGA_META_WIDTH_SHIFT		6
#define FPGA_META_HEIGHT		0x00001f00u	/* of the tree */
#define FPGA_META_HEIGHT_SHIFT		8
/* there is something in it */
#define FPGA_META_VALID			0x80000000u

enum fpga_use {
	FPGA_USE_BLOCK = 0,		/* AES for the bus */
	/* wraps and unwraps slots and the table */
	FPGA_USE_WRAP = 1,
	FPGA_USE_SEED = 2,		/* of a node of an LMS tree */
	FPGA_USE_OPEN = 3,		/* wraps and unwraps text of the bus */
};

enum fpga_outcome {
	FPGA_OUTCOME_NONE = 0,		/* no command since reset */
	FPGA_OUTCOME_OK = 1,		/* done */
	/* a rule: use, clear, empty slot, guard, missing table */
	FPGA_OUTCOME_REFUSED = 2,
	/* integrity: what was unwrapped is not whole, or not current */
	FPGA_OUTCOME_BROKEN = 3,
	FPGA_OUTCOME_NO_RANDOM = 4,	/* the random generator has failed */
	/* no tamper memory, no master key in it, or a write did not read back */
	FPGA_OUTCOME_NO_MEMORY = 5,
	/* no leaf is left, or no entry is free */
	FPGA_OUTCOME_EXHAUSTED = 6,
	/* no such command, or an argument out of range */
	FPGA_OUTCOME_UNKNOWN = 7,
};

/* COMMAND, OP: what each does is told in fpga-registers.rst. */
enum fpga_op {
	FPGA_OP_MASTER_NEW = 0x01,
	FPGA_OP_MASTER_ENTER = 0x02,
	FPGA_OP_MASTER_WIPE = 0x03,
	FPGA_OP_DERIVE = 0x08,
	FPGA_OP_GENERATE = 0x09,
	FPGA_OP_WRITE = 0x0a,
	FPGA_OP_WIPE = 0x0b,
	FPGA_OP_INFO = 0x0c,
	FPGA_OP_WRAP = 0x10,
	FPGA_OP_UNWRAP = 0x11,
	FPGA_OP_SEAL = 0x12,
	FPGA_OP_UNSEAL = 0x13,
	FPGA_OP_ENCRYPT = 0x14,
	FPGA_OP_DECRYPT = 0x15,
	FPGA_OP_CHILD = 0x20,
	FPGA_OP_LEAF = 0x21,
	FPGA_OP_NODE = 0x22,
	FPGA_OP_TABLE_NEW = 0x28,
	FPGA_OP_TABLE_LOAD = 0x29,
	FPGA_OP_ENTRY_NEW = 0x2a,
	FPGA_OP_ENTRY_FREE = 0x2b,
	FPGA_OP_ENTRY_INFO = 0x2c,
	FPGA_OP_PREPARE = 0x2d,
	FPGA_OP_COMMIT = 0x2e,
	FPGA_OP_BEGIN = 0x2f,
	FPGA_OP_SIGN = 0x30,
};

/* Cores: name and version at 4 * number. */
enum fpga_core {
	FPGA_CORE_HSM_TOP = 0,		/* all of it */
	FPGA_CORE_SPI_BUS = 1,		/* frames and registers */
	FPGA_CORE_TRNG = 2,		/* random words from ring oscillators */
	/* port to the tamper memory: master key and epochs */
	FPGA_CORE_MKM = 3,
	/* slots, and who may use them for what */
	FPGA_CORE_VAULT = 4,
	FPGA_CORE_AES = 5,		/* AES-128 and AES-256 */
	FPGA_CORE_KEYWRAP = 6,		/* RFC 3394, RFC 5649 */
	FPGA_CORE_SHA256 = 7,		/* SHA-256 and the steps of chains */
	/* seeds, leaves, nodes, signatures of LMS trees */
	FPGA_CORE_LMOTS = 8,
	FPGA_CORE_GUARD = 9,		/* what may still be signed */
};

#define FPGA_CORES			10
/* The words at IDENTITY of the design that this is for. */
#define FPGA_IDENTITY { \
	0x68736d2d, 0x746f7020, 0x00000001, 0x00000000, \
	0x7370692d, 0x62757320, 0x00000001, 0x00000000, \
	0x74726e67, 0x20202020, 0x00000001, 0x00000000, \
	0x6d6b6d20, 0x20202020, 0x00000001, 0x00000000, \
	0x7661756c, 0x74202020, 0x00000001, 0x00000000, \
	0x61657320, 0x20202020, 0x00000001, 0x00000000, \
	0x6b657977, 0x72617020, 0x00000001, 0x00000000, \
	0x73686132, 0x35362020, 0x00000001, 0x00000000, \
	0x6c6d6f74, 0x73202020, 0x00000001, 0x00000000, \
	0x67756172, 0x64202020, 0x00000001, 0x00000000, \
}

#endif /* CORES_FPGA_REGISTERS_H */

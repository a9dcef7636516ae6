// SPDX-License-Identifier: GPL-2.0
/*
 * Users of the crypto API inside the kernel: runs the module cryptech_test,
 * with keys that both it and the HSM know. OpenSSL is asked for raw RSA.
 */
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "alg.h"
#include "results.h"

#define RESULTS		"/sys/module/cryptech_test/parameters/"
#define MODULUS		256

static void hex(char *to, const unsigned char *from, size_t len)
{
	while (len--)
		to += sprintf(to, "%02x", *from++);
}

/* An RSA key in the HSM, @flags with it; its token. */
static void rsa_token(int hsm, EVP_PKEY *pkey, unsigned int flags,
		      unsigned char *token)
{
	struct cryptech_ioc_key_load arg = {
		.size = sizeof(arg),
		.key_flags = CRYPTECH_KEY_FLAG_TOKEN |
			     CRYPTECH_KEY_FLAG_DIGITALSIGNATURE | flags,
	};
	unsigned char *der = NULL;
	PKCS8_PRIV_KEY_INFO *p8 = EVP_PKEY2PKCS8(pkey);

	arg.der_len = i2d_PKCS8_PRIV_KEY_INFO(p8, &der);
	arg.der = (uintptr_t)der;
	if (ioctl(hsm, CRYPTECH_IOC_KEY_LOAD, &arg))
		give_up("KEY_LOAD");
	errno = hsm_token(hsm, arg.uuid, token);
	if (errno)
		give_up("TOKEN");
	PKCS8_PRIV_KEY_INFO_free(p8);
	OPENSSL_free(der);
}

/* OpenSSL's raw private operation. */
static void rsa_expect(EVP_PKEY *pkey, const unsigned char *in,
		       unsigned char *out)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);
	size_t len = MODULUS;

	if (EVP_PKEY_decrypt_init(ctx) <= 0 ||
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) <= 0 ||
	    EVP_PKEY_decrypt(ctx, out, &len, in, MODULUS) <= 0 ||
	    len != MODULUS)
		give_up("OpenSSL RSA");
	EVP_PKEY_CTX_free(ctx);
}

static void wait_submitted(void)
{
	int tries = 3000;
	unsigned int n = 0;
	FILE *f;

	while (!n && --tries) {
		usleep(10000);
		f = fopen(RESULTS "submitted", "r");
		if (!f)
			continue;
		if (fscanf(f, "%u", &n) != 1)
			n = 0;
		fclose(f);
	}
	if (!n)
		give_up("the module submits nothing");
}

int main(void)
{
	static unsigned char aes[32], token[48], rsa[48], uuid[16];
	static unsigned char xts[64], xts_token[48];
	static unsigned char in[MODULUS], out[MODULUS];
	static char t[128], v[128], r[128], i[1024], o[1024], command[4096];
	static char xt[128], xv[256];
	EVP_PKEY *pkey = EVP_RSA_gen(2048);
	int hsm, status;
	pid_t pid;

	run("hsm-ready");
	ksft_print_header();
	hsm = hsm_session(0, CRYPTECH_USER_NORMAL, USER_PIN);
	RAND_bytes(aes, sizeof(aes));
	hsm_load_raw(hsm, CRYPTECH_KEY_AES256, aes, sizeof(aes), uuid);
	errno = hsm_token(hsm, uuid, token);
	if (errno || !pkey)
		give_up("token");
	RAND_bytes(xts, sizeof(xts));
	hsm_load_raw(hsm, CRYPTECH_KEY_AES256_XTS, xts, sizeof(xts), uuid);
	errno = hsm_token(hsm, uuid, xts_token);
	if (errno)
		give_up("token");
	rsa_token(hsm, pkey, CRYPTECH_KEY_FLAG_RAW, rsa);
	RAND_bytes(in + 1, MODULUS - 1);
	rsa_expect(pkey, in, out);
	hex(t, token, 48);
	hex(v, aes, 32);
	hex(xt, xts_token, 48);
	hex(xv, xts, 64);
	hex(r, rsa, 48);
	hex(i, in, MODULUS);
	hex(o, out, MODULUS);

	/* what it needs besides, before the HSM stops */
	run("modprobe -a cbc xts 2>/dev/null; hsmctl hsm 0 stop");
	fflush(stdout);
	pid = fork();
	if (!pid) {
		snprintf(command, sizeof(command),
			 "exec modprobe cryptech_test token=%s value=%s "
			 "xts_token=%s xts_value=%s "
			 "rsa_token=%s rsa_input=%s rsa_output=%s",
			 t, v, xt, xv, r, i, o);
		execl("/bin/sh", "sh", "-c", command, NULL);
		_exit(127);
	}
	wait_submitted();
	run("hsmctl hsm 0 cont");
	if (waitpid(pid, &status, 0) != pid || status)
		give_up("modprobe cryptech_test");
	take_results("cryptech_test");
	run("rmmod cryptech_test");
	point(1, "the module can be unloaded");

	ksft_set_plan(ksft_test_num());
	ksft_print_cnts();
	return ksft_get_fail_cnt() ? 1 : 0;
}

// SPDX-License-Identifier: MIT
/*
 * Certificates, and requests for them, made with software keys in the HSM's
 * place and judged by openssl.
 */
#include "soft.h"

static void certificates(void)
{
	struct soft soft;
	size_t i, j;
	X509 *cert;

	for (i = 0; i < COUNT(types); i++) {
		soft_init(&soft, types[i]);
		for (j = 0; j < COUNT(digests); j++) {
			cert = make_cert(&soft, digests[j], "Module signer");
			if (!EXPECT(cert))
				continue;
			EXPECT_EQ(shell("openssl verify -x509_strict "
					"-check_ss_sig -CAfile cert.pem "
					"cert.pem"), 0);
			EXPECT_EQ(shell("openssl x509 -in cert.pem -noout "
					"-text | grep -i 'signature alg.*%s'",
					cryptech_digest_name(digests[j])), 0);
			X509_free(cert);
		}
		soft_free(&soft);
	}
}

static void certificate_contents(void)
{
	static const char *const lines[] = {
		"Version: 3", "CA:FALSE", "Digital Signature",
		"X509v3 Subject Key Identifier", "X509v3 Authority Key Id",
		"Subject: O = A/B, CN = K", "Issuer: O = A/B, CN = K",
	};
	struct soft soft;
	X509 *cert;
	size_t i;

	soft_init(&soft, "ec-P-256");
	cert = make_cert(&soft, CRYPTECH_DIGEST_SHA256, "/O=A\\/B/CN=K");
	REQUIRE(cert);
	for (i = 0; i < COUNT(lines); i++)
		EXPECT_EQ(shell("openssl x509 -in cert.pem -noout -text | "
				"grep '%s'", lines[i]), 0);
	/* Both key identifiers are there, and the same. */
	EXPECT_EQ(shell("for e in subject authority; do openssl x509 -noout "
			"-in cert.pem -ext ${e}KeyIdentifier | tail -n +2 | "
			"tr -d ' ' | grep -E '^([0-9A-F]{2}:){19}' >$e || "
			"exit 1; done; cmp subject authority"), 0);
	X509_free(cert);
	soft_free(&soft);
}

/* --- requests ------------------------------------------------------------ */

static const struct x509_wish wishes = {
	.subject = "/C=DE/O=A\\/B/CN=K", .digest = CRYPTECH_DIGEST_SHA256,
	.extensions = {
		[X509_BASIC_CONSTRAINTS] = "critical,CA:TRUE,pathlen:3",
		[X509_KEY_USAGE] = "critical,keyAgreement,keyCertSign",
		[X509_EXTENDED_KEY_USAGE] = "serverAuth,1.2.3.4",
		[X509_SUBJECT_ALT_NAME] =
			"DNS:a.example,IP:192.0.2.1,email:k@example.org",
	},
};

static bool make_request(struct soft *soft, const struct x509_wish *wish)
{
	enum signer_result result;
	X509_REQ *req;
	FILE *out;
	int error;

	req = x509_request(&soft->signer, wish, &result, &error);
	if (!req)
		return false;
	out = fopen(in_folder("req.pem"), "w");
	PEM_write_X509_REQ(out, req);
	fclose(out);
	X509_REQ_free(req);
	return true;
}

static void requests(void)
{
	struct x509_wish wish = wishes;
	struct soft soft;
	size_t i, j;

	for (i = 0; i < COUNT(types); i++) {
		soft_init(&soft, types[i]);
		for (j = 0; j < COUNT(digests); j++) {
			wish.digest = digests[j];
			if (!EXPECT(make_request(&soft, &wish)))
				continue;
			EXPECT_EQ(shell("openssl req -verify -noout "
					"-in req.pem"), 0);
			EXPECT_EQ(shell("openssl req -in req.pem -noout "
					"-text | grep -i 'signature alg.*%s'",
					cryptech_digest_name(digests[j])), 0);
		}
		soft_free(&soft);
	}
}

static void request_contents(void)
{
	static const char *const lines[] = {
		"Version: 1 (0x0)", "Subject: C = DE, O = A/B, CN = K",
		"Basic Constraints: critical", "CA:TRUE, pathlen:3",
		"Key Usage: critical", "Key Agreement, Certificate Sign",
		"TLS Web Server Authentication, 1.2.3.4",
		"DNS:a.example, IP Address:192.0.2.1, email:k@example.org",
	};
	struct x509_wish bare = {
		.subject = "K", .digest = CRYPTECH_DIGEST_SHA256,
	};
	struct soft soft;
	size_t i;

	soft_init(&soft, "ec-P-256");
	REQUIRE(make_request(&soft, &wishes));
	for (i = 0; i < COUNT(lines); i++)
		EXPECT_EQ(shell("openssl req -in req.pem -noout -text | "
				"grep -F '%s'", lines[i]), 0);
	/* the key is the signer's, whoever's request was signed */
	EXPECT_EQ(shell("openssl req -in req.pem -noout -pubkey >key"), 0);
	REQUIRE(make_request(&soft, &bare));
	EXPECT_EQ(shell("openssl req -in req.pem -noout -pubkey | cmp - key"),
		  0);
	EXPECT_EQ(shell("openssl req -in req.pem -noout -text | "
			"grep -q X509v3 && exit 1; true"),
		  0);
	soft_free(&soft);
}

/* An issuer takes it: what was asked for is in what he signs. */
static void request_granted(void)
{
	struct soft soft;

	soft_init(&soft, "ec-P-384");
	REQUIRE(make_request(&soft, &wishes));
	EXPECT_EQ(shell("openssl req -x509 -newkey ec -pkeyopt "
			"ec_paramgen_curve:P-256 -nodes -subj /CN=Issuer "
			"-keyout issuer.key -out issuer.pem"), 0);
	EXPECT_EQ(shell("openssl x509 -req -in req.pem -CA issuer.pem "
			"-CAkey issuer.key -copy_extensions copyall "
			"-out granted.pem"), 0);
	EXPECT_EQ(shell("openssl verify -CAfile issuer.pem granted.pem"), 0);
	EXPECT_EQ(shell("openssl x509 -in granted.pem -noout -ext "
			"subjectAltName | grep 192.0.2.1"), 0);
	soft_free(&soft);
}

/* A certificate has what was wished in place of what it has otherwise. */
static void certificate_wishes(void)
{
	enum signer_result result;
	struct soft soft;
	X509 *cert;
	FILE *out;
	int error;

	soft_init(&soft, "rsa2048");
	cert = x509_self_signed(&soft.signer, &wishes, &result, &error);
	REQUIRE(cert);
	out = fopen(in_folder("cert.pem"), "w");
	PEM_write_X509(out, cert);
	fclose(out);
	X509_free(cert);
	EXPECT_EQ(shell("openssl x509 -in cert.pem -noout -text >text; "
			"grep -F 'CA:TRUE, pathlen:3' text && "
			"grep -F 'DNS:a.example, IP' text && "
			"grep 'Key Agreement, Certificate Sign' text"), 0);
	EXPECT_EQ(shell("grep -c 'Basic Constr\\|X509v3 Key Usage' text | "
			"grep -x 2"), 0);
	soft_free(&soft);
}

static void extension_texts(void)
{
	static const struct {
		enum x509_extension which;
		const char *text;
	} bad[] = {
		{ X509_KEY_USAGE, "" }, { X509_KEY_USAGE, "critical," },
		{ X509_KEY_USAGE, "@section" }, { X509_KEY_USAGE, "signs" },
		{ X509_BASIC_CONSTRAINTS, "CA:maybe" },
		{ X509_BASIC_CONSTRAINTS, "pathlen:x" },
		{ X509_EXTENDED_KEY_USAGE, "web" },
		{ X509_SUBJECT_ALT_NAME, "a.example" },
		{ X509_SUBJECT_ALT_NAME, "IP:1.2.3" },
		{ X509_SUBJECT_ALT_NAME, "dirName:section" },
		{ X509_SUBJECT_ALT_NAME, "otherName:1.2.3;@section" },
	};
	size_t i;

	for (i = 0; i < COUNT(bad); i++)
		if (!EXPECT(!x509_extension_check(bad[i].which, bad[i].text)))
			printf("# %s\n", bad[i].text);
	for (i = 0; i < X509_EXTENSION_COUNT; i++)
		EXPECT(x509_extension_check(i, wishes.extensions[i]));
}

static void subjects(void)
{
	static const char *const bad[] = {
		"", "/", "/CN", "/CN=", "/=x", "/Nonsense=x", "/CN=a//O=b",
	};
	X509_NAME *name;
	size_t i;

	for (i = 0; i < COUNT(bad); i++) {
		name = x509_name(bad[i]);
		if (!EXPECT(!name))
			printf("# %s\n", bad[i]);
		X509_NAME_free(name);
	}
}

/* A certificate made from a signature that is wrong must not come out. */
static void wrong_signatures(void)
{
	struct x509_wish wish = {
		.subject = "x", .days = 1, .digest = CRYPTECH_DIGEST_SHA256,
	};
	enum signer_result result;
	struct soft soft;
	size_t i;
	int error;

	for (i = 0; i < COUNT(types); i++) {
		soft_init(&soft, types[i]);
		soft.flip = 20;
		EXPECT(!x509_self_signed(&soft.signer, &wish, &result,
					 &error));
		EXPECT_EQ(result, SIGNER_WRONG);
		EXPECT(!x509_request(&soft.signer, &wish, &result, &error));
		EXPECT_EQ(result, SIGNER_WRONG);
		soft.error = -EACCES;
		EXPECT(!x509_self_signed(&soft.signer, &wish, &result,
					 &error));
		EXPECT_EQ(result, SIGNER_CALL);
		EXPECT_EQ(error, -EACCES);
		soft_free(&soft);
	}
}

int main(void)
{
	soft_begin();
	RUN(certificates);
	RUN(certificate_contents);
	RUN(certificate_wishes);
	RUN(requests);
	RUN(request_contents);
	RUN(request_granted);
	RUN(extension_texts);
	RUN(subjects);
	RUN(wrong_signatures);
	soft_end();
	return tap_done();
}

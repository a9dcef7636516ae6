// SPDX-License-Identifier: MIT
//
// Bouncy Castle as a verifier of HSS signatures (RFC 8554), for tests.
//
//   java -cp /usr/share/java/bcprov.jar Castle.java
//
// prints "ready VERSION", then answers each line "PUBLIC MESSAGE SIGNATURE" of
// hexadecimal fields ("-" is an empty one): "ok"; "bad" if it does not verify;
// "unknown" if it does not know the key's parameters.

import java.io.BufferedReader;
import java.io.InputStreamReader;

import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.pqc.crypto.lms.HSSPublicKeyParameters;
import org.bouncycastle.pqc.crypto.lms.HSSSigner;
import org.bouncycastle.pqc.crypto.lms.LMSPublicKeyParameters;
import org.bouncycastle.util.encoders.Hex;

public class Castle {
    private static byte[] bytes(String field) {
        return field.equals("-") ? new byte[0] : Hex.decode(field);
    }

    private static HSSPublicKeyParameters key(String field) {
        try {
            HSSPublicKeyParameters key =
                HSSPublicKeyParameters.getInstance(bytes(field));
            LMSPublicKeyParameters root = key.getLMSPublicKey();

            // a set that it does not know is null
            return root.getSigParameters() == null ||
                   root.getOtsParameters() == null ? null : key;
        } catch (Exception e) {
            return null;
        }
    }

    private static String verify(String[] fields) {
        HSSPublicKeyParameters key = key(fields[0]);

        if (key == null)
            return "unknown";
        try {
            HSSSigner signer = new HSSSigner();

            signer.init(false, key);
            return signer.verifySignature(bytes(fields[1]), bytes(fields[2])) ?
                   "ok" : "bad";
        } catch (Exception e) {
            // a malformed signature
            return "bad";
        }
    }

    public static void main(String[] args) throws Exception {
        BufferedReader in =
            new BufferedReader(new InputStreamReader(System.in));

        System.out.println("ready " +
            new BouncyCastleProvider().getInfo());
        for (String line = in.readLine(); line != null; line = in.readLine())
            System.out.println(verify(line.split(" ")));
    }
}

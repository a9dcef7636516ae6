/* SPDX-License-Identifier: MIT */
/*
 * The layout of the UAPI, in numbers, for 32- and 64-bit programs alike. It is
 * never changed: a struct may only grow at its end, which changes the number
 * of its ioctls, too.
 *
 * S(struct, size), F(struct, field, offset), I(ioctl, number)
 */
#define UAPI_LAYOUT(S, F, I) \
S(cryptech_ioc_info, 48) \
F(cryptech_ioc_info, size, 0) \
F(cryptech_ioc_info, flags, 4) \
F(cryptech_ioc_info, abi, 8) \
F(cryptech_ioc_info, index, 12) \
F(cryptech_ioc_info, incarnation, 16) \
F(cryptech_ioc_info, serial, 24) \
F(cryptech_ioc_info, message_max, 40) \
F(cryptech_ioc_info, kernel_user, 44) \
S(cryptech_status_item, 16) \
F(cryptech_status_item, tag, 0) \
F(cryptech_status_item, reserved, 4) \
F(cryptech_status_item, value, 8) \
S(cryptech_ioc_status, 104) \
F(cryptech_ioc_status, size, 0) \
F(cryptech_ioc_status, flags, 4) \
F(cryptech_ioc_status, error, 8) \
F(cryptech_ioc_status, count, 12) \
F(cryptech_ioc_status, items, 16) \
F(cryptech_ioc_status, serial, 24) \
F(cryptech_ioc_status, release, 40) \
S(cryptech_ioc_pin, 32) \
F(cryptech_ioc_pin, size, 0) \
F(cryptech_ioc_pin, flags, 4) \
F(cryptech_ioc_pin, error, 8) \
F(cryptech_ioc_pin, user, 12) \
F(cryptech_ioc_pin, pin, 16) \
F(cryptech_ioc_pin, pin_len, 24) \
F(cryptech_ioc_pin, reserved, 28) \
S(cryptech_ioc_logout, 16) \
F(cryptech_ioc_logout, size, 0) \
F(cryptech_ioc_logout, flags, 4) \
F(cryptech_ioc_logout, error, 8) \
F(cryptech_ioc_logout, reserved, 12) \
S(cryptech_ioc_random, 24) \
F(cryptech_ioc_random, size, 0) \
F(cryptech_ioc_random, flags, 4) \
F(cryptech_ioc_random, error, 8) \
F(cryptech_ioc_random, length, 12) \
F(cryptech_ioc_random, data, 16) \
S(cryptech_ioc_key_generate, 104) \
F(cryptech_ioc_key_generate, size, 0) \
F(cryptech_ioc_key_generate, flags, 4) \
F(cryptech_ioc_key_generate, error, 8) \
F(cryptech_ioc_key_generate, type, 12) \
F(cryptech_ioc_key_generate, key_flags, 16) \
F(cryptech_ioc_key_generate, label_len, 20) \
F(cryptech_ioc_key_generate, uuid, 24) \
F(cryptech_ioc_key_generate, label, 40) \
S(cryptech_ioc_key_load, 112) \
F(cryptech_ioc_key_load, size, 0) \
F(cryptech_ioc_key_load, flags, 4) \
F(cryptech_ioc_key_load, error, 8) \
F(cryptech_ioc_key_load, der_len, 12) \
F(cryptech_ioc_key_load, der, 16) \
F(cryptech_ioc_key_load, key_flags, 24) \
F(cryptech_ioc_key_load, label_len, 28) \
F(cryptech_ioc_key_load, uuid, 32) \
F(cryptech_ioc_key_load, label, 48) \
S(cryptech_ioc_key_load_raw, 120) \
F(cryptech_ioc_key_load_raw, size, 0) \
F(cryptech_ioc_key_load_raw, flags, 4) \
F(cryptech_ioc_key_load_raw, error, 8) \
F(cryptech_ioc_key_load_raw, type, 12) \
F(cryptech_ioc_key_load_raw, value, 16) \
F(cryptech_ioc_key_load_raw, value_len, 24) \
F(cryptech_ioc_key_load_raw, key_flags, 28) \
F(cryptech_ioc_key_load_raw, label_len, 32) \
F(cryptech_ioc_key_load_raw, reserved, 36) \
F(cryptech_ioc_key_load_raw, uuid, 40) \
F(cryptech_ioc_key_load_raw, label, 56) \
S(cryptech_ioc_key_info, 112) \
F(cryptech_ioc_key_info, size, 0) \
F(cryptech_ioc_key_info, flags, 4) \
F(cryptech_ioc_key_info, error, 8) \
F(cryptech_ioc_key_info, type, 12) \
F(cryptech_ioc_key_info, key_class, 16) \
F(cryptech_ioc_key_info, key_flags, 20) \
F(cryptech_ioc_key_info, uuid, 24) \
F(cryptech_ioc_key_info, label_len, 40) \
F(cryptech_ioc_key_info, reserved, 44) \
F(cryptech_ioc_key_info, label, 48) \
S(cryptech_ioc_key_public, 40) \
F(cryptech_ioc_key_public, size, 0) \
F(cryptech_ioc_key_public, flags, 4) \
F(cryptech_ioc_key_public, error, 8) \
F(cryptech_ioc_key_public, spki_len, 12) \
F(cryptech_ioc_key_public, spki, 16) \
F(cryptech_ioc_key_public, uuid, 24) \
S(cryptech_ioc_key_delete, 32) \
F(cryptech_ioc_key_delete, size, 0) \
F(cryptech_ioc_key_delete, flags, 4) \
F(cryptech_ioc_key_delete, error, 8) \
F(cryptech_ioc_key_delete, reserved, 12) \
F(cryptech_ioc_key_delete, uuid, 16) \
S(cryptech_key_item, 96) \
F(cryptech_key_item, uuid, 0) \
F(cryptech_key_item, type, 16) \
F(cryptech_key_item, key_class, 20) \
F(cryptech_key_item, key_flags, 24) \
F(cryptech_key_item, label_len, 28) \
F(cryptech_key_item, label, 32) \
S(cryptech_ioc_key_list, 40) \
F(cryptech_ioc_key_list, size, 0) \
F(cryptech_ioc_key_list, flags, 4) \
F(cryptech_ioc_key_list, error, 8) \
F(cryptech_ioc_key_list, count, 12) \
F(cryptech_ioc_key_list, items, 16) \
F(cryptech_ioc_key_list, previous, 24) \
S(cryptech_ioc_key_set_label, 96) \
F(cryptech_ioc_key_set_label, size, 0) \
F(cryptech_ioc_key_set_label, flags, 4) \
F(cryptech_ioc_key_set_label, error, 8) \
F(cryptech_ioc_key_set_label, label_len, 12) \
F(cryptech_ioc_key_set_label, uuid, 16) \
F(cryptech_ioc_key_set_label, label, 32) \
S(cryptech_ioc_sign, 80) \
F(cryptech_ioc_sign, size, 0) \
F(cryptech_ioc_sign, flags, 4) \
F(cryptech_ioc_sign, error, 8) \
F(cryptech_ioc_sign, digest, 12) \
F(cryptech_ioc_sign, uuid, 16) \
F(cryptech_ioc_sign, request_id, 32) \
F(cryptech_ioc_sign, input, 48) \
F(cryptech_ioc_sign, signature, 56) \
F(cryptech_ioc_sign, input_len, 64) \
F(cryptech_ioc_sign, signature_len, 68) \
F(cryptech_ioc_sign, left, 72) \
S(cryptech_ioc_verify, 56) \
F(cryptech_ioc_verify, size, 0) \
F(cryptech_ioc_verify, flags, 4) \
F(cryptech_ioc_verify, error, 8) \
F(cryptech_ioc_verify, digest, 12) \
F(cryptech_ioc_verify, uuid, 16) \
F(cryptech_ioc_verify, input, 32) \
F(cryptech_ioc_verify, signature, 40) \
F(cryptech_ioc_verify, input_len, 48) \
F(cryptech_ioc_verify, signature_len, 52) \
S(cryptech_hss_level, 8) \
F(cryptech_hss_level, lms, 0) \
F(cryptech_hss_level, lmots, 4) \
S(cryptech_ioc_hashsig_generate, 176) \
F(cryptech_ioc_hashsig_generate, size, 0) \
F(cryptech_ioc_hashsig_generate, flags, 4) \
F(cryptech_ioc_hashsig_generate, error, 8) \
F(cryptech_ioc_hashsig_generate, profile, 12) \
F(cryptech_ioc_hashsig_generate, reserve, 16) \
F(cryptech_ioc_hashsig_generate, levels, 20) \
F(cryptech_ioc_hashsig_generate, level, 24) \
F(cryptech_ioc_hashsig_generate, key_flags, 88) \
F(cryptech_ioc_hashsig_generate, label_len, 92) \
F(cryptech_ioc_hashsig_generate, uuid, 96) \
F(cryptech_ioc_hashsig_generate, label, 112) \
S(cryptech_ioc_hashsig_job, 56) \
F(cryptech_ioc_hashsig_job, size, 0) \
F(cryptech_ioc_hashsig_job, flags, 4) \
F(cryptech_ioc_hashsig_job, error, 8) \
F(cryptech_ioc_hashsig_job, state, 12) \
F(cryptech_ioc_hashsig_job, job_error, 16) \
F(cryptech_ioc_hashsig_job, reserved, 20) \
F(cryptech_ioc_hashsig_job, done, 24) \
F(cryptech_ioc_hashsig_job, total, 32) \
F(cryptech_ioc_hashsig_job, uuid, 40) \
S(cryptech_ioc_hashsig_cancel, 32) \
F(cryptech_ioc_hashsig_cancel, size, 0) \
F(cryptech_ioc_hashsig_cancel, flags, 4) \
F(cryptech_ioc_hashsig_cancel, error, 8) \
F(cryptech_ioc_hashsig_cancel, reserved, 12) \
F(cryptech_ioc_hashsig_cancel, uuid, 16) \
S(cryptech_ioc_hashsig_info, 152) \
F(cryptech_ioc_hashsig_info, size, 0) \
F(cryptech_ioc_hashsig_info, flags, 4) \
F(cryptech_ioc_hashsig_info, error, 8) \
F(cryptech_ioc_hashsig_info, state, 12) \
F(cryptech_ioc_hashsig_info, profile, 16) \
F(cryptech_ioc_hashsig_info, reserve, 20) \
F(cryptech_ioc_hashsig_info, root_left, 24) \
F(cryptech_ioc_hashsig_info, left, 32) \
F(cryptech_ioc_hashsig_info, left_max, 40) \
F(cryptech_ioc_hashsig_info, done, 48) \
F(cryptech_ioc_hashsig_info, total, 56) \
F(cryptech_ioc_hashsig_info, levels, 64) \
F(cryptech_ioc_hashsig_info, reserved, 68) \
F(cryptech_ioc_hashsig_info, level, 72) \
F(cryptech_ioc_hashsig_info, uuid, 136) \
S(cryptech_ioc_hashsig_accept, 16) \
F(cryptech_ioc_hashsig_accept, size, 0) \
F(cryptech_ioc_hashsig_accept, flags, 4) \
F(cryptech_ioc_hashsig_accept, error, 8) \
F(cryptech_ioc_hashsig_accept, decision, 12) \
S(cryptech_ioc_token, 80) \
F(cryptech_ioc_token, size, 0) \
F(cryptech_ioc_token, flags, 4) \
F(cryptech_ioc_token, error, 8) \
F(cryptech_ioc_token, reserved, 12) \
F(cryptech_ioc_token, uuid, 16) \
F(cryptech_ioc_token, token, 32) \
S(cryptech_ioc_cipher, 72) \
F(cryptech_ioc_cipher, size, 0) \
F(cryptech_ioc_cipher, flags, 4) \
F(cryptech_ioc_cipher, error, 8) \
F(cryptech_ioc_cipher, mode, 12) \
F(cryptech_ioc_cipher, uuid, 16) \
F(cryptech_ioc_cipher, iv, 32) \
F(cryptech_ioc_cipher, iv_len, 48) \
F(cryptech_ioc_cipher, block, 52) \
F(cryptech_ioc_cipher, data, 56) \
F(cryptech_ioc_cipher, data_len, 64) \
F(cryptech_ioc_cipher, reserved, 68) \
S(cryptech_ioc_gcm, 88) \
F(cryptech_ioc_gcm, size, 0) \
F(cryptech_ioc_gcm, flags, 4) \
F(cryptech_ioc_gcm, error, 8) \
F(cryptech_ioc_gcm, reserved, 12) \
F(cryptech_ioc_gcm, uuid, 16) \
F(cryptech_ioc_gcm, iv, 32) \
F(cryptech_ioc_gcm, aad_len, 44) \
F(cryptech_ioc_gcm, aad, 48) \
F(cryptech_ioc_gcm, data, 56) \
F(cryptech_ioc_gcm, data_len, 64) \
F(cryptech_ioc_gcm, reserved2, 68) \
F(cryptech_ioc_gcm, tag, 72) \
S(cryptech_ioc_mac, 200) \
F(cryptech_ioc_mac, size, 0) \
F(cryptech_ioc_mac, flags, 4) \
F(cryptech_ioc_mac, error, 8) \
F(cryptech_ioc_mac, mac_len, 12) \
F(cryptech_ioc_mac, uuid, 16) \
F(cryptech_ioc_mac, state, 32) \
F(cryptech_ioc_mac, data, 120) \
F(cryptech_ioc_mac, data_len, 128) \
F(cryptech_ioc_mac, reserved, 132) \
F(cryptech_ioc_mac, mac, 136) \
S(cryptech_ioc_device_identity, 72) \
F(cryptech_ioc_device_identity, size, 0) \
F(cryptech_ioc_device_identity, flags, 4) \
F(cryptech_ioc_device_identity, error, 8) \
F(cryptech_ioc_device_identity, spki_len, 12) \
F(cryptech_ioc_device_identity, spki, 16) \
F(cryptech_ioc_device_identity, serial, 24) \
F(cryptech_ioc_device_identity, fingerprint, 40) \
S(cryptech_ioc_device_approve, 144) \
F(cryptech_ioc_device_approve, size, 0) \
F(cryptech_ioc_device_approve, flags, 4) \
F(cryptech_ioc_device_approve, error, 8) \
F(cryptech_ioc_device_approve, spki_len, 12) \
F(cryptech_ioc_device_approve, spki, 16) \
F(cryptech_ioc_device_approve, serial, 24) \
F(cryptech_ioc_device_approve, fingerprint, 40) \
F(cryptech_ioc_device_approve, label_len, 72) \
F(cryptech_ioc_device_approve, reserved, 76) \
F(cryptech_ioc_device_approve, label, 80) \
S(cryptech_ioc_device_revoke, 32) \
F(cryptech_ioc_device_revoke, size, 0) \
F(cryptech_ioc_device_revoke, flags, 4) \
F(cryptech_ioc_device_revoke, error, 8) \
F(cryptech_ioc_device_revoke, reserved, 12) \
F(cryptech_ioc_device_revoke, serial, 16) \
S(cryptech_device_item, 120) \
F(cryptech_device_item, serial, 0) \
F(cryptech_device_item, fingerprint, 16) \
F(cryptech_device_item, label_len, 48) \
F(cryptech_device_item, reserved, 52) \
F(cryptech_device_item, label, 56) \
S(cryptech_ioc_device_list, 40) \
F(cryptech_ioc_device_list, size, 0) \
F(cryptech_ioc_device_list, flags, 4) \
F(cryptech_ioc_device_list, error, 8) \
F(cryptech_ioc_device_list, count, 12) \
F(cryptech_ioc_device_list, items, 16) \
F(cryptech_ioc_device_list, previous, 24) \
S(cryptech_ioc_policy_set, 16) \
F(cryptech_ioc_policy_set, size, 0) \
F(cryptech_ioc_policy_set, flags, 4) \
F(cryptech_ioc_policy_set, error, 8) \
F(cryptech_ioc_policy_set, policy, 12) \
S(cryptech_ioc_kekek, 40) \
F(cryptech_ioc_kekek, size, 0) \
F(cryptech_ioc_kekek, flags, 4) \
F(cryptech_ioc_kekek, error, 8) \
F(cryptech_ioc_kekek, statement_len, 12) \
F(cryptech_ioc_kekek, statement, 16) \
F(cryptech_ioc_kekek, uuid, 24) \
S(cryptech_ioc_uuid_list, 40) \
F(cryptech_ioc_uuid_list, size, 0) \
F(cryptech_ioc_uuid_list, flags, 4) \
F(cryptech_ioc_uuid_list, error, 8) \
F(cryptech_ioc_uuid_list, count, 12) \
F(cryptech_ioc_uuid_list, uuids, 16) \
F(cryptech_ioc_uuid_list, previous, 24) \
S(cryptech_ioc_kekek_delete, 32) \
F(cryptech_ioc_kekek_delete, size, 0) \
F(cryptech_ioc_kekek_delete, flags, 4) \
F(cryptech_ioc_kekek_delete, error, 8) \
F(cryptech_ioc_kekek_delete, reserved, 12) \
F(cryptech_ioc_kekek_delete, uuid, 16) \
S(cryptech_ioc_transfer_export, 56) \
F(cryptech_ioc_transfer_export, size, 0) \
F(cryptech_ioc_transfer_export, flags, 4) \
F(cryptech_ioc_transfer_export, error, 8) \
F(cryptech_ioc_transfer_export, statement_len, 12) \
F(cryptech_ioc_transfer_export, statement, 16) \
F(cryptech_ioc_transfer_export, package, 24) \
F(cryptech_ioc_transfer_export, package_len, 32) \
F(cryptech_ioc_transfer_export, reserved, 36) \
F(cryptech_ioc_transfer_export, uuid, 40) \
S(cryptech_ioc_import, 136) \
F(cryptech_ioc_import, size, 0) \
F(cryptech_ioc_import, flags, 4) \
F(cryptech_ioc_import, error, 8) \
F(cryptech_ioc_import, package_len, 12) \
F(cryptech_ioc_import, package, 16) \
F(cryptech_ioc_import, ack, 24) \
F(cryptech_ioc_import, ack_len, 32) \
F(cryptech_ioc_import, drop, 36) \
F(cryptech_ioc_import, type, 40) \
F(cryptech_ioc_import, key_flags, 44) \
F(cryptech_ioc_import, uuid, 48) \
F(cryptech_ioc_import, label_len, 64) \
F(cryptech_ioc_import, reserved, 68) \
F(cryptech_ioc_import, label, 72) \
S(cryptech_ioc_transfer_ack, 40) \
F(cryptech_ioc_transfer_ack, size, 0) \
F(cryptech_ioc_transfer_ack, flags, 4) \
F(cryptech_ioc_transfer_ack, error, 8) \
F(cryptech_ioc_transfer_ack, ack_len, 12) \
F(cryptech_ioc_transfer_ack, ack, 16) \
F(cryptech_ioc_transfer_ack, uuid, 24) \
S(cryptech_ioc_legacy_export, 72) \
F(cryptech_ioc_legacy_export, size, 0) \
F(cryptech_ioc_legacy_export, flags, 4) \
F(cryptech_ioc_legacy_export, error, 8) \
F(cryptech_ioc_legacy_export, reserved, 12) \
F(cryptech_ioc_legacy_export, pkcs8, 16) \
F(cryptech_ioc_legacy_export, kek, 24) \
F(cryptech_ioc_legacy_export, pkcs8_len, 32) \
F(cryptech_ioc_legacy_export, kek_len, 36) \
F(cryptech_ioc_legacy_export, uuid, 40) \
F(cryptech_ioc_legacy_export, kekek, 56) \
S(cryptech_ioc_legacy_import, 144) \
F(cryptech_ioc_legacy_import, size, 0) \
F(cryptech_ioc_legacy_import, flags, 4) \
F(cryptech_ioc_legacy_import, error, 8) \
F(cryptech_ioc_legacy_import, key_flags, 12) \
F(cryptech_ioc_legacy_import, pkcs8, 16) \
F(cryptech_ioc_legacy_import, kek, 24) \
F(cryptech_ioc_legacy_import, pkcs8_len, 32) \
F(cryptech_ioc_legacy_import, kek_len, 36) \
F(cryptech_ioc_legacy_import, kekek, 40) \
F(cryptech_ioc_legacy_import, uuid, 56) \
F(cryptech_ioc_legacy_import, label_len, 72) \
F(cryptech_ioc_legacy_import, reserved, 76) \
F(cryptech_ioc_legacy_import, label, 80) \
S(cryptech_ioc_raw_export, 40) \
F(cryptech_ioc_raw_export, size, 0) \
F(cryptech_ioc_raw_export, flags, 4) \
F(cryptech_ioc_raw_export, error, 8) \
F(cryptech_ioc_raw_export, package_len, 12) \
F(cryptech_ioc_raw_export, package, 16) \
F(cryptech_ioc_raw_export, uuid, 24) \
S(cryptech_ioc_forget, 32) \
F(cryptech_ioc_forget, size, 0) \
F(cryptech_ioc_forget, flags, 4) \
F(cryptech_ioc_forget, error, 8) \
F(cryptech_ioc_forget, what, 12) \
F(cryptech_ioc_forget, uuid, 16) \
S(cryptech_ioc_master_key, 56) \
F(cryptech_ioc_master_key, size, 0) \
F(cryptech_ioc_master_key, flags, 4) \
F(cryptech_ioc_master_key, error, 8) \
F(cryptech_ioc_master_key, shares_len, 12) \
F(cryptech_ioc_master_key, shares, 16) \
F(cryptech_ioc_master_key, fingerprint, 24) \
S(cryptech_ioc_shares, 64) \
F(cryptech_ioc_shares, size, 0) \
F(cryptech_ioc_shares, flags, 4) \
F(cryptech_ioc_shares, error, 8) \
F(cryptech_ioc_shares, m, 12) \
F(cryptech_ioc_shares, n, 16) \
F(cryptech_ioc_shares, reserved, 20) \
F(cryptech_ioc_shares, shares, 24) \
F(cryptech_ioc_shares, fingerprint, 32) \
S(cryptech_ioc_recovery_arm, 40) \
F(cryptech_ioc_recovery_arm, size, 0) \
F(cryptech_ioc_recovery_arm, flags, 4) \
F(cryptech_ioc_recovery_arm, error, 8) \
F(cryptech_ioc_recovery_arm, floor, 12) \
F(cryptech_ioc_recovery_arm, package, 16) \
F(cryptech_ioc_recovery_arm, shares, 24) \
F(cryptech_ioc_recovery_arm, package_len, 32) \
F(cryptech_ioc_recovery_arm, shares_len, 36) \
I(INFO, 0xc030c700) \
I(STATUS, 0xc068c701) \
I(LOGIN, 0xc020c702) \
I(LOGOUT, 0xc010c703) \
I(SET_PIN, 0xc020c704) \
I(KERNEL_LOGIN, 0xc020c705) \
I(KERNEL_LOGOUT, 0xc010c706) \
I(RANDOM, 0xc018c707) \
I(KEY_GENERATE, 0xc068c710) \
I(KEY_LOAD, 0xc070c711) \
I(KEY_INFO, 0xc070c712) \
I(KEY_PUBLIC, 0xc028c713) \
I(KEY_DELETE, 0xc020c714) \
I(KEY_LIST, 0xc028c715) \
I(KEY_SET_LABEL, 0xc060c716) \
I(SIGN, 0xc050c718) \
I(VERIFY, 0xc038c719) \
I(KEY_LOAD_RAW, 0xc078c71a) \
I(TOKEN, 0xc050c71b) \
I(HASHSIG_GENERATE, 0xc0b0c720) \
I(HASHSIG_JOB, 0xc038c721) \
I(HASHSIG_CANCEL, 0xc020c722) \
I(HASHSIG_INFO, 0xc098c723) \
I(HASHSIG_ACCEPT, 0xc010c724) \
I(ENCRYPT, 0xc048c740) \
I(DECRYPT, 0xc048c741) \
I(GCM_ENCRYPT, 0xc058c742) \
I(GCM_DECRYPT, 0xc058c743) \
I(MAC, 0xc0c8c744) \
I(MAC_VERIFY, 0xc0c8c745) \
I(MAC_UPDATE, 0xc0c8c746) \
I(LINE, 0x8004c758) \
I(DEVICE_IDENTITY, 0xc048c728) \
I(DEVICE_APPROVE, 0xc090c729) \
I(DEVICE_REVOKE, 0xc020c72a) \
I(DEVICE_LIST, 0xc028c72b) \
I(POLICY_SET, 0xc010c72c) \
I(KEKEK_CREATE, 0xc028c72d) \
I(KEKEK_ATTEST, 0xc028c72e) \
I(KEKEK_LIST, 0xc028c72f) \
I(KEKEK_DELETE, 0xc020c730) \
I(TRANSFER_EXPORT, 0xc038c731) \
I(TRANSFER_IMPORT, 0xc088c732) \
I(TRANSFER_ACK, 0xc028c733) \
I(LEGACY_EXPORT, 0xc048c734) \
I(LEGACY_IMPORT, 0xc090c735) \
I(RAW_EXPORT, 0xc028c736) \
I(RAW_IMPORT, 0xc088c737) \
I(PARKED_LIST, 0xc028c738) \
I(FORGET, 0xc020c739) \
I(MASTER_KEY_INFO, 0xc038c73a) \
I(MASTER_KEY_GENERATE, 0xc038c73b) \
I(MASTER_KEY_SET, 0xc038c73c) \
I(MASTER_KEY_SHARES, 0xc040c73d) \
I(RECOVERY_CREATE, 0xc040c73e) \
I(RECOVERY_ARM, 0xc028c73f)

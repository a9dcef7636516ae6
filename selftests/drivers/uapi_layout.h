/* SPDX-License-Identifier: MIT */
/*
 * The layout of the UAPI, in numbers, for 32- and 64-bit programs alike. It is
 * never changed: a struct may only grow at its end.
 *
 * S(struct, size), F(struct, field, offset)
 */
#define UAPI_LAYOUT(S, F) \
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
S(cryptech_ioc_token, 80) \
F(cryptech_ioc_token, size, 0) \
F(cryptech_ioc_token, flags, 4) \
F(cryptech_ioc_token, error, 8) \
F(cryptech_ioc_token, reserved, 12) \
F(cryptech_ioc_token, uuid, 16) \
F(cryptech_ioc_token, token, 32) \
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
F(cryptech_ioc_hashsig_accept, decision, 12)

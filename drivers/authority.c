// SPDX-License-Identifier: GPL-2.0
/*
 * Who may make the kernel use a key of the HSM.
 *
 * The kernel acts with its own login, on behalf of whoever holds a key in a
 * keyring. So putting such a key there needs a right to the HSM's key of its
 * own: CAP_SYS_ADMIN in the initial user namespace (capable(), never
 * ns_capable(): the root of a user namespace is anybody), or a descriptor
 * whose client the HSM itself lets at that key. To know a UUID is no right.
 */
#include <linux/capability.h>
#include <linux/err.h>
#include <linux/jiffies.h>

#include "cryptech.h"
#include "key.h"
#include "sealed.h"

/* Does the HSM regard the client as logged in, so that it may make keys? */
static int may_create(struct cryptech_client *client, u32 role,
		      unsigned long deadline)
{
	struct cryptech_call *call;
	int ret;

	call = cryptech_call_new(client, CRYPTECH_RPC_IS_LOGGED_IN, 4, 0);
	if (!call)
		return -ENOMEM;
	xdr_put_u32(&call->args, role);
	ret = cryptech_call_run_until(call, deadline);
	cryptech_call_put(call);
	return ret;
}

/* Does the HSM show the key to the client? */
static int may_use(struct cryptech_client *client, const u8 *uuid,
		   unsigned long deadline)
{
	struct cryptech_key_info info;

	return cryptech_key_ask_info(client, uuid, &info, deadline);
}

/* Would the HSM import the package for the client? */
static int may_load(struct cryptech_client *client,
		    const struct cryptech_package *package,
		    unsigned long deadline)
{
	u32 type;
	int ret;

	ret = cryptech_package_check(client, package, &type, deadline);
	/* it may be loaded already; whether as that, is seen when it is used */
	if (ret == -EEXIST && package->kind == CRYPTECH_PACKAGE_RAW)
		ret = 0;
	return ret == -EBADMSG ? -EKEYREJECTED : ret;
}

static int client_may(struct cryptech_client *client,
		      const struct cryptech_key_request *req,
		      unsigned long deadline)
{
	u32 role = READ_ONCE(client->role);
	int ret;

	if (req->dev >= 0 && req->dev != client->dev->index)
		return -EINVAL;
	if (!cryptech_client_alive(client))
		return -ENODEV;
	if (role != CRYPTECH_USER_NORMAL && role != CRYPTECH_USER_WHEEL)
		return -EPERM;
	/* what the driver saw of a login can be out of date; ask */
	if (req->verb == CRYPTECH_KEY_NEW)
		ret = may_create(client, role, deadline);
	else if (req->verb == CRYPTECH_KEY_LOAD)
		ret = may_load(client, req->package, deadline);
	else
		ret = may_use(client, req->uuid, deadline);
	return ret == -EACCES ? -EPERM : ret;
}

static struct cryptech_device *
authority_of_fd(const struct cryptech_key_request *req, unsigned long deadline)
{
	struct cryptech_client *client = cryptech_client_from_fd(req->fd);
	struct cryptech_device *dev;
	int ret;

	if (IS_ERR(client))
		return ERR_PTR(-EPERM);
	ret = client_may(client, req, deadline);
	dev = ret ? ERR_PTR(ret) : cryptech_device_get(client->dev);
	cryptech_client_put(client);
	return dev;
}

static int opens_package(struct cryptech_client *kernel, const void *data,
			 unsigned long deadline)
{
	return may_load(kernel, data, deadline);
}

/* The device that a package is for. */
static struct cryptech_device *
package_device(const struct cryptech_package *package, unsigned long deadline)
{
	if (package->kind == CRYPTECH_PACKAGE_TRANSFER)
		return cryptech_device_find_serial(package->serial);
	return cryptech_key_search(opens_package, package, deadline);
}

struct cryptech_device *
cryptech_authority(const struct cryptech_key_request *req,
		   unsigned long deadline)
{
	if (req->fd >= 0)
		return authority_of_fd(req, deadline);
	if (!capable(CAP_SYS_ADMIN))
		return ERR_PTR(-EPERM);
	if (req->dev >= 0)
		return cryptech_device_find(req->dev);
	if (req->verb == CRYPTECH_KEY_USE)
		return cryptech_key_find_device(req->uuid, deadline);
	if (req->verb == CRYPTECH_KEY_LOAD)
		return package_device(req->package, deadline);
	return cryptech_device_find_only();
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Clients: who calls. A client's calls hold it, so its last reference goes
 * after its last call was answered; then LOGOUT is sent, by a call that was
 * made with the client, and nobody waits for it.
 */
#include <linux/slab.h>

#include "cryptech.h"
#include "hashsig.h"

static struct cryptech_client *
cryptech_client_alloc(struct cryptech_device *dev, u64 incarnation)
{
	struct cryptech_client *client;

	client = kzalloc(sizeof(*client), GFP_KERNEL);
	if (!client)
		return NULL;
	kref_init(&client->ref);
	init_waitqueue_head(&client->wait);
	client->dev = cryptech_device_get(dev);
	client->incarnation = incarnation;
	return client;
}

void cryptech_client_free(struct cryptech_client *client)
{
	if (client->word >= CRYPTECH_CLIENT_FIRST)
		xa_erase_bh(&client->dev->clients, client->word);
	cryptech_device_put(client->dev);
	kfree(client);
}

static void cryptech_client_release(struct kref *ref)
{
	struct cryptech_client *client =
		container_of(ref, struct cryptech_client, ref);
	struct cryptech_call *logout = client->logout;

	if (!logout) {
		cryptech_client_free(client);
		return;
	}
	/* fails if the incarnation is over: nothing is left to log out then */
	if (client->used)
		cryptech_call_submit(logout, NULL);
	cryptech_call_put(logout);
}

void cryptech_client_put(struct cryptech_client *client)
{
	if (client)
		kref_put(&client->ref, cryptech_client_release);
}

/*
 * Make the call that will own the client. Made with a reference as all calls
 * are; from then on it is the other way round.
 */
static int cryptech_client_prepare_logout(struct cryptech_client *client)
{
	struct cryptech_call *logout;

	logout = cryptech_call_new(client, CRYPTECH_RPC_LOGOUT, 0, 0);
	if (!logout)
		return -ENOMEM;
	logout->releasing = true;
	client->logout = logout;
	kref_put(&client->ref, cryptech_client_release);	/* not the last */
	return 0;
}

struct cryptech_client *cryptech_client_new(struct cryptech_device *dev)
{
	struct cryptech_client *client;
	u64 incarnation;
	bool ready;
	int err;

	spin_lock_bh(&dev->lock);
	ready = dev->state == CRYPTECH_READY;
	incarnation = dev->incarnation;
	spin_unlock_bh(&dev->lock);
	if (!ready)
		return ERR_PTR(-ENODEV);

	client = cryptech_client_alloc(dev, incarnation);
	if (!client)
		return ERR_PTR(-ENOMEM);
	err = xa_alloc_cyclic_bh(&dev->clients, &client->word, client,
				 XA_LIMIT(CRYPTECH_CLIENT_FIRST, U32_MAX),
				 &dev->next_word, GFP_KERNEL);
	if (err < 0)	/* 1: the words began anew */
		goto err_free;
	err = cryptech_client_prepare_logout(client);
	if (err)
		goto err_free;
	return client;

err_free:
	cryptech_client_free(client);
	return ERR_PTR(err);
}

/* One of the words below CRYPTECH_CLIENT_FIRST; it is never logged out. */
struct cryptech_client *cryptech_client_special(struct cryptech_device *dev,
						u32 word, u64 incarnation)
{
	struct cryptech_client *client =
		cryptech_client_alloc(dev, incarnation);

	if (client)
		client->word = word;
	return client;
}

struct cryptech_client *cryptech_client_kernel(struct cryptech_device *dev)
{
	struct cryptech_client *client = ERR_PTR(-ENODEV);

	spin_lock_bh(&dev->lock);
	if (dev->state == CRYPTECH_READY)
		client = cryptech_client_get(dev->kernel);
	spin_unlock_bh(&dev->lock);
	return client;
}

struct cryptech_client *cryptech_client_mux(struct cryptech_device *dev)
{
	struct cryptech_client *client = ERR_PTR(-ENODEV);

	spin_lock_bh(&dev->lock);
	if (dev->state == CRYPTECH_READY)
		client = cryptech_client_get(dev->mux);
	spin_unlock_bh(&dev->lock);
	return client;
}

bool cryptech_client_alive(struct cryptech_client *client)
{
	struct cryptech_device *dev = client->dev;
	bool alive;

	spin_lock_bh(&dev->lock);
	alive = dev->state == CRYPTECH_READY &&
		dev->incarnation == client->incarnation;
	spin_unlock_bh(&dev->lock);
	return alive;
}

/* LOGOUT_ALL by the wheel ends every login of the port. */
static void cryptech_clients_logged_out(struct cryptech_device *dev)
{
	struct cryptech_client *client;
	unsigned long word;

	xa_lock_bh(&dev->clients);
	xa_for_each(&dev->clients, word, client)
		WRITE_ONCE(client->role, CRYPTECH_USER_NONE);
	xa_unlock_bh(&dev->clients);
	spin_lock_bh(&dev->lock);
	if (dev->kernel)
		WRITE_ONCE(dev->kernel->role, CRYPTECH_USER_NONE);
	spin_unlock_bh(&dev->lock);
}

/*
 * A reply of this client came, to whichever door: keep its role. The role is
 * never authority, the HSM tests again.
 */
void cryptech_client_saw_reply(struct cryptech_call *call)
{
	struct cryptech_client *client = call->client;
	struct xdr_reader r;

	cryptech_figures_stale(call);
	if (call->error != CRYPTECH_ERR_OK)
		return;
	switch (call->function) {
	case CRYPTECH_RPC_LOGIN:
		xdr_reader_init(&r, call->request, xdr_written(&call->args));
		xdr_get_raw(&r, CRYPTECH_RPC_REQUEST_MIN);
		WRITE_ONCE(client->role, xdr_get_u32(&r));
		break;
	case CRYPTECH_RPC_LOGOUT:
		WRITE_ONCE(client->role, CRYPTECH_USER_NONE);
		break;
	case CRYPTECH_RPC_LOGOUT_ALL:
		cryptech_clients_logged_out(client->dev);
		break;
	}
}

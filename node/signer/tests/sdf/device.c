/*
 * A library as a vendor's: its one key, at index 1, and the digest that it signs with the signature it then returns are given in
 * the environment, so that the test compares every byte that crosses the helper.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sdf.h"

enum { KEY_NOT_EXIST = 0x01000008, NO_RIGHT = 0x01000007, WRONG_PASSPHRASE = 0x01000018, SIGN_ERROR = 0x0100000d };

static int unlocked;

/* 32 bytes from `at` of a hexadecimal variable, at the end of a number. */
static void number(const char *variable, size_t at, unsigned char *out)
{
    const char *hex = getenv(variable);
    memset(out, 0, SDF_NUMBER_BYTES);
    for (size_t i = 0; i < 32; i++) {
        unsigned int byte = 0;
        sscanf(hex + 2 * (at + i), "%2x", &byte);
        out[SDF_NUMBER_BYTES - 32 + i] = (unsigned char)byte;
    }
}

int SDF_OpenDevice(void **device)
{
    *device = &unlocked;
    return getenv("DEVICE_AWAY") ? 0x01000005 : 0;
}

int SDF_CloseDevice(void *device)
{
    return device == &unlocked ? 0 : 1;
}

int SDF_OpenSession(void *device, void **session)
{
    *session = device;
    return 0;
}

int SDF_CloseSession(void *session)
{
    return session == &unlocked ? 0 : 1;
}

int SDF_GetPrivateKeyAccessRight(void *session, unsigned int index, unsigned char *passphrase, unsigned int length)
{
    if (session != &unlocked || index != 1) {
        return KEY_NOT_EXIST;
    }
    if (length != 5 || memcmp(passphrase, "right", 5) != 0) {
        return WRONG_PASSPHRASE;
    }
    unlocked = 1;
    return 0;
}

int SDF_ExportSignPublicKey_ECC(void *session, unsigned int index, ECCrefPublicKey *key)
{
    if (session != &unlocked || index != 1) {
        return KEY_NOT_EXIST;
    }
    key->bits = 256;
    number("DEVICE_PUBLIC", 0, key->x);
    number("DEVICE_PUBLIC", 32, key->y);
    return 0;
}

int SDF_InternalSign_ECC(void *session, unsigned int index, unsigned char *data, unsigned int length, ECCSignature *signature)
{
    unsigned char expected[SDF_NUMBER_BYTES];
    if (session != &unlocked || index != 1) {
        return KEY_NOT_EXIST;
    }
    if (!unlocked) {
        return NO_RIGHT;
    }
    number("DEVICE_DIGEST", 0, expected);
    if (length != 32 || memcmp(data, expected + SDF_NUMBER_BYTES - 32, 32) != 0) {
        return SIGN_ERROR;
    }
    if (getenv("DEVICE_HANGS")) {
        for (;;) {
            pause();
        }
    }
    number("DEVICE_SIGNATURE", 0, signature->r);
    number("DEVICE_SIGNATURE", 32, signature->s);
    return 0;
}

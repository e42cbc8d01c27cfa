/*
 * A device helper for `bencao signer`: the calls of GM/T 0018-2012 over lines of text, as node/signer/src/helper.rs says.
 *
 *     cc -O2 -Wall -Wextra -o bencao-sdf helper.c -I VENDOR/include -L VENDOR/lib -l VENDORS_LIBRARY
 *
 * A header of another name: -DSDF_HEADER='"swsds.h"'. Structures whose numbers have 32 bytes rather than the standard's 64 are fine.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef SDF_HEADER
#define SDF_HEADER "sdf.h"
#endif
#include SDF_HEADER

enum { LINE_BYTES_MAX = 64 + 2 * 1024, E_BYTES = 32 };

/* SDR_INARGERR */
static const unsigned int WRONG_ARGUMENT = 0x0100001d;

static void *device;
static void *session;

static void say(unsigned int value)
{
    printf("%08x\n", value);
}

static void say_number(const unsigned char *bytes, size_t length)
{
    putchar(' ');
    for (size_t i = 0; i < length; i++) {
        printf("%02x", bytes[i]);
    }
}

/* Bytes of a hexadecimal word; -1 if it is none, or longer than `most` bytes. */
static int unhex(const char *word, unsigned char *out, size_t most)
{
    size_t digits = strlen(word);
    if (digits % 2 != 0 || digits / 2 > most || strspn(word, "0123456789abcdef") != digits) {
        return -1;
    }
    for (size_t i = 0; i < digits / 2; i++) {
        char pair[3] = { word[2 * i], word[2 * i + 1], 0 };
        out[i] = (unsigned char)strtoul(pair, NULL, 16);
    }
    return (int)(digits / 2);
}

static void unlock(unsigned int index, const char *word)
{
    static unsigned char passphrase[1024];
    int length = unhex(word, passphrase, sizeof passphrase);
    unsigned int value = WRONG_ARGUMENT;
    if (length > 0) {
        value = (unsigned int)SDF_GetPrivateKeyAccessRight(session, index, (void *)passphrase, (unsigned int)length);
    }
    memset(passphrase, 0, sizeof passphrase);
    say(value);
}

static void export_public(unsigned int index)
{
    ECCrefPublicKey key;
    memset(&key, 0, sizeof key);
    unsigned int value = (unsigned int)SDF_ExportSignPublicKey_ECC(session, index, &key);
    if (value != 0) {
        say(value);
        return;
    }
    printf("%08x %u", value, key.bits);
    say_number(key.x, sizeof key.x);
    say_number(key.y, sizeof key.y);
    putchar('\n');
}

static void sign(unsigned int index, const char *word)
{
    unsigned char e[E_BYTES];
    ECCSignature signature;
    if (unhex(word, e, sizeof e) != E_BYTES) {
        say(WRONG_ARGUMENT);
        return;
    }
    memset(&signature, 0, sizeof signature);
    unsigned int value = (unsigned int)SDF_InternalSign_ECC(session, index, e, E_BYTES, &signature);
    if (value != 0) {
        say(value);
        return;
    }
    printf("%08x", value);
    say_number(signature.r, sizeof signature.r);
    say_number(signature.s, sizeof signature.s);
    putchar('\n');
}

static void answer(char *line)
{
    char *call = strtok(line, " ");
    char *index_word = strtok(NULL, " ");
    char *word = strtok(NULL, " ");
    unsigned int index = index_word ? (unsigned int)strtoul(index_word, NULL, 10) : 0;
    if (call && index && word && strcmp(call, "SDF_GetPrivateKeyAccessRight") == 0) {
        unlock(index, word);
    } else if (call && index && !word && strcmp(call, "SDF_ExportSignPublicKey_ECC") == 0) {
        export_public(index);
    } else if (call && index && word && strcmp(call, "SDF_InternalSign_ECC") == 0) {
        sign(index, word);
    } else {
        say(WRONG_ARGUMENT);
    }
}

int main(void)
{
    static char line[LINE_BYTES_MAX + 2];
    setvbuf(stdout, NULL, _IOFBF, 4096);
    unsigned int value = (unsigned int)SDF_OpenDevice(&device);
    if (value == 0) {
        value = (unsigned int)SDF_OpenSession(device, &session);
    }
    say(value);
    fflush(stdout);
    if (value != 0) {
        return 1;
    }
    while (fgets(line, sizeof line, stdin)) {
        char *end = strchr(line, '\n');
        if (!end) {
            break;
        }
        *end = 0;
        answer(line);
        fflush(stdout);
        memset(line, 0, sizeof line);
    }
    SDF_CloseSession(session);
    SDF_CloseDevice(device);
    return 0;
}

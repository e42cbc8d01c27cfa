/* As much of GM/T 0018-2012 as the helper needs, for a device that knows one key and one signature. */

#ifndef SDF_NUMBER_BYTES
#define SDF_NUMBER_BYTES 64
#endif

typedef struct {
    unsigned int bits;
    unsigned char x[SDF_NUMBER_BYTES];
    unsigned char y[SDF_NUMBER_BYTES];
} ECCrefPublicKey;

typedef struct {
    unsigned char r[SDF_NUMBER_BYTES];
    unsigned char s[SDF_NUMBER_BYTES];
} ECCSignature;

int SDF_OpenDevice(void **device);
int SDF_CloseDevice(void *device);
int SDF_OpenSession(void *device, void **session);
int SDF_CloseSession(void *session);
int SDF_GetPrivateKeyAccessRight(void *session, unsigned int index, unsigned char *passphrase, unsigned int length);
int SDF_ExportSignPublicKey_ECC(void *session, unsigned int index, ECCrefPublicKey *key);
int SDF_InternalSign_ECC(void *session, unsigned int index, unsigned char *data, unsigned int length, ECCSignature *signature);

#include "config.h"

static int check(void *device) {
    struct gpu *g = &gpus[(long)device % 1000 - 1];
    return g->error;
}
#define GPU(device) gpus[(long)(device) % 1000 - 1]

static int start(void) {
    misbehave(getenv("STUB_NVML"));
    configure();
    return number("STUB_NVML_INIT", 0);
}

int nvmlInit_v2(void) { return start(); }
#ifndef OLD
int nvmlInitWithFlags(unsigned flags) { (void)flags; return start(); }
int nvmlSystemGetCudaDriverVersion_v2(int *version) { *version = number("STUB_CUDA", 12020); return 0; }
int nvmlDeviceGetMigMode(void *d, unsigned *now, unsigned *later) {
    if (check(d)) return check(d);
    if (GPU(d).mig < 0) return 3;
    *now = *later = 1;
    return 0;
}
int nvmlDeviceGetMaxMigDeviceCount(void *d, unsigned *most) { (void)d; *most = 7; return 0; }
int nvmlDeviceGetMigDeviceHandleByIndex(void *d, unsigned index, void **out) {
    if ((int)index >= GPU(d).mig) return 6;
    *out = (void *)((long)d + 1000 * (index + 1));
    return 0;
}
#endif
int nvmlShutdown(void) { misbehave(getenv("STUB_NVML_SHUTDOWN")); return 0; }
const char *nvmlErrorString(int code) { (void)code; return "words of the stub"; }
int nvmlSystemGetDriverVersion(char *text, unsigned size) {
    const char *driver = getenv("STUB_DRIVER");
    snprintf(text, size, "%s", driver ? driver : "535.129.03");
    return 0;
}
int nvmlDeviceGetCount_v2(unsigned *out) { *out = (unsigned)count; return number("STUB_NVML_COUNT", 0); }
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **out) {
    *out = (void *)(long)(index + 1);
    return check(*out) == 15 ? 15 : 0;
}
int nvmlDeviceGetName(void *d, char *text, unsigned size) { snprintf(text, size, "%s", GPU(d).name); return check(d); }
int nvmlDeviceGetCudaComputeCapability(void *d, int *major, int *minor) {
    *major = GPU(d).major;
    *minor = GPU(d).minor;
    return check(d);
}
struct memory { unsigned long long total, free, used; };
int nvmlDeviceGetMemoryInfo(void *d, struct memory *out) {
    if (!GPU(d).mib) return 3;
    out->total = GPU(d).mib << 20;
    return check(d);
}
int nvmlDeviceGetUUID(void *d, char *text, unsigned size) {
    long part = (long)d / 1000;
    if (part) snprintf(text, size, "MIG-part%ld-%s", part, GPU(d).uuid);
    else snprintf(text, size, "%s", GPU(d).uuid);
    return check(d);
}

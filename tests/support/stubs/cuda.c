#include "config.h"

/* STUB_CUDA_ORDER: the order in which CUDA counts the GPUs, as digits: "10". */
static struct gpu *at(int ordinal) {
    const char *order = getenv("STUB_CUDA_ORDER");
    return &gpus[order ? order[ordinal] - '0' : ordinal];
}

int cuInit(unsigned flags) {
    (void)flags;
    misbehave(getenv("STUB_LIBCUDA"));
    configure();
    const char *shown = getenv("CUDA_VISIBLE_DEVICES");
    if (shown && !*shown) return 100;
    return number("STUB_CUDA_INIT", count ? 0 : 100);
}
int cuDriverGetVersion(int *version) { *version = number("STUB_CUDA", 12020); return 0; }
int cuDeviceGetCount(int *out) { *out = number("STUB_CUDA_COUNT", count); return 0; }
int cuDeviceGet(int *out, int ordinal) { *out = ordinal; return 0; }
int cuDeviceGetName(char *text, int size, int device) { snprintf(text, size, "%s", at(device)->name); return 0; }
int cuDeviceGetAttribute(int *out, int attribute, int device) {
    const char *lower = getenv("STUB_CUDA_COMPUTE");
    if (lower) *out = attribute == 75 ? lower[0] - '0' : lower[2] - '0';
    else *out = attribute == 75 ? at(device)->major : at(device)->minor;
    return 0;
}
int cuDeviceTotalMem_v2(size_t *out, int device) { *out = (size_t)at(device)->mib << 20; return 0; }
int cuDeviceGetUuid(unsigned char *out, int device) {
    const char *hex = at(device)->uuid + 4;
    for (int i = 0; i < 16; i++) {
        unsigned byte = 0;
        while (*hex == '-') hex++;
        if (sscanf(hex, "%2x", &byte) != 1) return 1;
        out[i] = (unsigned char)byte;
        hex += 2;
    }
    return 0;
}
int cuGetErrorString(int code, const char **out) { (void)code; *out = "words of the stub"; return 0; }

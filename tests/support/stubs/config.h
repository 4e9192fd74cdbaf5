/* What a stub driver is told to be, through the environment of the process that loads it. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct gpu { char name[96]; int major, minor; unsigned long long mib; char uuid[80]; int mig; int error; };

static struct gpu gpus[16];
static int count = -1;

/* STUB_GPUS: name|8.6|24576|GPU-uuid|mig instances, -1 for off|error ; the next one */
static void configure(void) {
    if (count >= 0) return;
    count = 0;
    const char *text = getenv("STUB_GPUS");
    while (text && *text && count < 16) {
        struct gpu *g = &gpus[count];
        g->mig = -1;
        if (sscanf(text, "%95[^|]|%d.%d|%llu|%79[^|]|%d|%d", g->name, &g->major, &g->minor, &g->mib, g->uuid,
                   &g->mig, &g->error) < 3) break;
        count++;
        text = strchr(text, ';');
        if (text) text++;
    }
}

static int number(const char *name, int otherwise) {
    const char *text = getenv(name);
    return text ? atoi(text) : otherwise;
}

/* Misbehave as told: the ways in which real drivers fail to answer. */
static void misbehave(const char *mode) {
    if (!mode) return;
    if (!strcmp(mode, "hang")) for (;;) sleep(60);
    if (!strcmp(mode, "stubborn")) { signal(SIGTERM, SIG_IGN); signal(SIGINT, SIG_IGN); for (;;) sleep(60); }
    if (!strcmp(mode, "crash")) raise(SIGSEGV);
    if (!strcmp(mode, "abort")) abort();
    if (!strcmp(mode, "exit")) _exit(3);
    if (!strcmp(mode, "orphan")) { if (fork() == 0) for (;;) sleep(60); for (;;) sleep(60); }
    if (!strcmp(mode, "noise")) {
        printf("WARNING: this library talks\nenvplan-answer:{\"gpus\": []}\n");
        fflush(stdout);
        if (write(1, "no newline here {", 17) < 0) _exit(4);
    }
}

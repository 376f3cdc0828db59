/* A driver library with two cards and a third that fell off the bus. Structures as nvml.h lays them out. With
 * FAKE_HANG it does not come back from initialisation; with FAKE_RETURN that is what initialisation returns. Built by
 * tests/nvml.rs. */
#include <string.h>
#include <unistd.h>

#ifndef FAKE_RETURN
#define FAKE_RETURN 0
#endif

typedef struct { unsigned int version; unsigned long long total, reserved, free, used; } memory_v2;
typedef struct { unsigned int pid; unsigned long long used; unsigned int gpu_instance, compute_instance; } process;

static int cards[3] = {0, 1, 2};
#define NOT_SUPPORTED 3
#define INSUFFICIENT_SIZE 7
#define GPU_IS_LOST 15

int nvmlInit_v2(void) {
#ifdef FAKE_HANG
  for (;;) sleep(1);
#endif
  return FAKE_RETURN;
}
int nvmlShutdown(void) { return 0; }
int nvmlSystemGetDriverVersion(char *out, unsigned int n) { strncpy(out, "999.1", n); return 0; }
int nvmlDeviceGetCount_v2(unsigned int *n) { *n = 3; return 0; }
int nvmlDeviceGetHandleByIndex_v2(unsigned int i, void **device) { *device = &cards[i]; return 0; }
int nvmlDeviceGetName(void *d, char *out, unsigned int n) { strncpy(out, "NVIDIA RTX A2000 12GB", n); return 0; }
int nvmlDeviceGetUUID(void *d, char *out, unsigned int n) { strncpy(out, *(int *)d ? "GPU-1" : "GPU-0", n); return 0; }
int nvmlDeviceGetCudaComputeCapability(void *d, int *major, int *minor) { *major = 8; *minor = 6; return 0; }
int nvmlDeviceGetTemperature(void *d, int sensor, unsigned int *t) { *t = 61; return 0; }
int nvmlDeviceGetCurrentClocksThrottleReasons(void *d, unsigned long long *r) { *r = 0x44; return 0; }
int nvmlDeviceGetMigMode(void *d, unsigned int *now, unsigned int *later) { return NOT_SUPPORTED; }
int nvmlDeviceGetMemoryInfo_v2(void *d, memory_v2 *m) {
  int card = *(int *)d;
  if (card == 2) return GPU_IS_LOST;
  m->total = 12ull << 30;
  m->reserved = 256ull << 20;
  m->used = 6ull << 30;
  /* The second card contradicts itself. */
  m->free = card == 0 ? (6ull << 30) - m->reserved : 40ull << 30;
  return 0;
}
static int list(unsigned int *count, process *out, unsigned int first, unsigned int n, unsigned long long used) {
  unsigned int room = *count;
  *count = n;
  if (room < n) return INSUFFICIENT_SIZE;
  for (unsigned int i = 0; i < n; i++) {
    out[i].pid = first + i;
    out[i].used = i == 0 ? used : ~0ull;
    out[i].gpu_instance = out[i].compute_instance = ~0u;
  }
  return 0;
}
/* Numbers no process of the machine has. */
int nvmlDeviceGetComputeRunningProcesses_v3(void *d, unsigned int *count, process *out) {
  return list(count, out, 4294967200u, 2, 5ull << 30);
}
int nvmlDeviceGetGraphicsRunningProcesses_v3(void *d, unsigned int *count, process *out) {
  return list(count, out, 4294967200u, 1, 1ull << 30);
}
int nvmlSystemGetProcessName(unsigned int pid, char *out, unsigned int n) {
  strncpy(out, pid == 4294967200u ? "/usr/bin/ollama" : "/usr/lib/xorg/Xorg", n);
  return 0;
}

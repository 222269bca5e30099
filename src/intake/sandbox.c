/* SPDX-License-Identifier: ISC */
#include "intake/sandbox.h"

#include <errno.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>

/* A sanitizer reserves terabytes of addresses and opens its own reports. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

static const int allowed[] = {
	SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(readv), SCMP_SYS(writev),
	SCMP_SYS(recvfrom), SCMP_SYS(sendto), SCMP_SYS(recvmsg), SCMP_SYS(sendmsg),
	SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(close), SCMP_SYS(fstat), SCMP_SYS(lseek),
	SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(brk), SCMP_SYS(madvise),
	SCMP_SYS(mprotect), SCMP_SYS(futex), SCMP_SYS(sched_yield), SCMP_SYS(getrandom),
	SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(gettimeofday),
	SCMP_SYS(time), SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(tgkill),
	SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
	SCMP_SYS(sigaltstack), SCMP_SYS(restart_syscall), SCMP_SYS(getrusage),
	SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(sched_getaffinity),
	SCMP_SYS(rseq), SCMP_SYS(set_robust_list),
};

static int
limit(int what, rlim_t to, const char *name, struct err *e)
{
	struct rlimit	rl = { .rlim_cur = to, .rlim_max = to };

	if (setrlimit((__rlimit_resource_t)what, &rl) == -1)
		return err_errno(e, ERR_PERM, "cannot limit %s", name);
	return 0;
}

static int
filter_calls(struct err *e)
{
	scmp_filter_ctx	 ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	size_t		 i;
	int		 rc = 0;

	if (ctx == NULL)
		return err_set(e, ERR_PERM, "cannot make a system call filter");
	for (i = 0; i < sizeof allowed / sizeof allowed[0] && rc == 0; i++)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, allowed[i], 0);
	if (rc == 0)
		rc = seccomp_load(ctx);
	seccomp_release(ctx);
	if (rc != 0) {
		errno = -rc;
		return err_errno(e, ERR_PERM, "cannot load the system call filter");
	}
	return 0;
}

int
sandbox_enter(int64_t memory, struct err *e)
{
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (limit(RLIMIT_CORE, 0, "core dumps", e) == -1)
		return -1;
	if (SANITIZED)
		return 0;
	if (limit(RLIMIT_AS, (rlim_t)memory, "memory", e) == -1 ||
	    limit(RLIMIT_FSIZE, 0, "files", e) == -1)
		return -1;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return err_errno(e, ERR_PERM, "cannot give up privileges");
	return filter_calls(e);
}

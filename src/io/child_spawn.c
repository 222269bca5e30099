/* SPDX-License-Identifier: ISC */
#include "io/child_spawn.h"

#include <fcntl.h>
#include <glib.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "io/child.h"

/* Each process gets its own file: a shared one would share its offset. */
static int
config_fd(const char *text)
{
	size_t	len = text != NULL ? strlen(text) : 0, done = 0;
	int	fd = memfd_create("intaked-config", MFD_CLOEXEC);
	ssize_t	n;

	if (fd == -1)
		return -1;
	while (done < len) {
		if ((n = write(fd, text + done, len - done)) <= 0) {
			close(fd);
			return -1;
		}
		done += (size_t)n;
	}
	lseek(fd, 0, SEEK_SET);
	return fd;
}

/*
 * Between fork and exec in a program with threads: system calls only.  The
 * own process group keeps a ^C at the terminal from killing helpers that
 * the daemon still needs while it ends.
 */
static void __attribute__((noreturn))
become(char *const argv[], int sock, int config, pid_t parent)
{
	sigset_t	none;
	int		null;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
	setpgid(0, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	sock = fcntl(sock, F_DUPFD, CHILD_CONFIG_FD + 1);
	config = fcntl(config, F_DUPFD, CHILD_CONFIG_FD + 1);
	null = open("/dev/null", O_RDWR);
	if (sock == -1 || config == -1 || null == -1 ||
	    dup2(null, STDIN_FILENO) == -1 || dup2(null, STDOUT_FILENO) == -1 ||
	    dup2(sock, CHILD_FD) == -1 || dup2(config, CHILD_CONFIG_FD) == -1)
		_exit(126);
	close_range(CHILD_CONFIG_FD + 1, ~0U, 0);
	execv("/proc/self/exe", argv);
	_exit(127);
}

pid_t
child_spawn(const char *worker, const char *config_text, int sock)
{
	g_autofree char	*option = g_strdup_printf("--worker=%s", worker);
	char		*argv[] = { (char *)"intaked", option, NULL };
	int		 config = config_fd(config_text);
	pid_t		 pid, self = getpid();

	if (config == -1)
		return -1;
	if ((pid = fork()) == 0)
		become(argv, sock, config, self);
	close(config);
	return pid;
}

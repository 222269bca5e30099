/* SPDX-License-Identifier: ISC */
/* The child's side: blocking, and with nothing of the loop. */
#include "io/child.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static int
read_all(int fd, void *into, size_t len)
{
	uint8_t	*p = into;
	ssize_t	 n;

	while (len > 0) {
		n = read(fd, p, len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int
child_read_frame(int fd, GByteArray *into, uint32_t max)
{
	uint32_t	head;

	if (read_all(fd, &head, sizeof(head)) == -1 || head > max)
		return -1;
	g_byte_array_set_size(into, head);
	return read_all(fd, into->data, head);
}

int
child_write_frame(int fd, const void *bytes, size_t len)
{
	uint32_t	 head = (uint32_t)len;
	struct iovec	 iov[2] = { { &head, sizeof(head) }, { (void *)bytes, len } };
	struct msghdr	 msg = { .msg_iov = iov, .msg_iovlen = 2 };
	ssize_t		 n;

	if (len > UINT32_MAX)
		return -1;
	while (iov[0].iov_len + iov[1].iov_len > 0) {
		n = sendmsg(fd, &msg, MSG_NOSIGNAL);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		for (size_t i = 0; i < 2; i++) {
			size_t	k = MIN((size_t)n, iov[i].iov_len);

			iov[i].iov_base = (uint8_t *)iov[i].iov_base + k;
			iov[i].iov_len -= k;
			n -= (ssize_t)k;
		}
	}
	return 0;
}

/* SPDX-License-Identifier: ISC */
#include "base/mapped.h"

#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

struct map {
	void	*start;
	size_t	 size;
};

static size_t
page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

static void
unmap(void *p)
{
	struct map	*m = p;

	munmap(m->start, m->size);
	g_free(m);
}

GBytes *
mapped_bytes(int fd, off_t at, size_t len)
{
	size_t		 skip = (size_t)at % page_size();
	struct map	*m;
	void		*start;

	start = mmap(NULL, skip + len, PROT_READ, MAP_SHARED, fd, at - (off_t)skip);
	if (start == MAP_FAILED)
		return NULL;
	m = g_new(struct map, 1);
	m->start = start;
	m->size = skip + len;
	return g_bytes_new_with_free_func((uint8_t *)start + skip, len, unmap, m);
}

void
mapped_forget(const void *p, size_t len)
{
	size_t		page = page_size();
	uintptr_t	from = (uintptr_t)p / page * page,
			to = ((uintptr_t)p + len + page - 1) / page * page;

	madvise((void *)from, to - from, MADV_DONTNEED);
}

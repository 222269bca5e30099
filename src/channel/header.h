/* SPDX-License-Identifier: ISC */
/*
 * channel/header.h - where the header of a mail ends, for a channel that
 * hands on no more than that of one that is too large.
 */
#ifndef CHANNEL_HEADER_H
#define CHANNEL_HEADER_H

#include <stddef.h>
#include <stdint.h>

/* Bytes up to and with the first empty line; len if there is none. */
size_t	header_length(const uint8_t *mail, size_t len);

#endif

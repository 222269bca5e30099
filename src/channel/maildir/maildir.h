/* SPDX-License-Identifier: ISC */
/*
 * channel/maildir/maildir.h - a maildir of this host, watched for new mail.
 *
 * Files in new/ are taken, those in cur/ are somebody else's matter.  inotify
 * says when to look; a look every poll makes up for what it misses.  All work
 * on files is done on a lane of its own.
 */
#ifndef CHANNEL_MAILDIR_MAILDIR_H
#define CHANNEL_MAILDIR_MAILDIR_H

#include "channel/channel.h"

extern const struct channel_ops maildir_channel_ops;

#endif

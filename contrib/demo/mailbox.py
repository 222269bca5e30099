#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""A mail server that delivers nothing and shows everything: what the demo's
customers would get.  Keeps the last mail in last-mail.eml, for drop-mail."""
import asyncio
import email
import email.policy
import sys

from aiosmtpd.controller import Controller


class Show:
    async def handle_DATA(self, server, session, envelope):
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        with open("last-mail.eml", "wb") as f:
            f.write(envelope.content)
        text = mail.get_body(("plain",)).get_content()
        print(f"\n--- mail to {', '.join(envelope.rcpt_tos)} ---")
        print(f"Subject: {mail['subject']}\n\n{text}\n---\n", flush=True)
        return "250 shown"


controller = Controller(Show(), hostname="127.0.0.1", port=int(sys.argv[1]))
controller.start()
try:
    asyncio.new_event_loop().run_forever()
except KeyboardInterrupt:
    pass
finally:
    controller.stop()

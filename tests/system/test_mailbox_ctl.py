# SPDX-License-Identifier: ISC
"""intakectl mailbox test and reconcile against a real Dovecot."""
import json
import subprocess

import pytest

from dovecot import Dovecot, free_port
from rig import INTAKECTL, Rig, wait_for

USER = "support@example.net"


@pytest.fixture(scope="module")
def server():
    with Dovecot() as s:
        yield s


def write_config(tmp_path, server, user=USER, options="", port=None, ca=None,
                 password=None, host="localhost"):
    (tmp_path / "password").write_text((password or server.password) + "\n")
    config = tmp_path / "intaked.conf"
    config.write_text('''
state_dir = "%s/state"
imap "box" {
  host = "%s"
  port = %d
  security = tls
  tls_ca_file = "%s"
  user = "%s"
  password_file = "%s/password"
  timeout = 5s
%s
}
''' % (tmp_path, host, port or server.imaps_port, ca or server.ca_file, user, tmp_path, options))
    return config


def ctl(config, *args):
    return subprocess.run([str(INTAKECTL), "-c", str(config), *args], capture_output=True,
                          text=True, timeout=60)


def test_good_mailbox__says_folders_counts_and_abilities(server, tmp_path):
    user = "good@example.net"
    server.create(user, "Sales", "Sales/Old", "Büro".encode("utf-7").decode().replace("+", "&"))
    server.append(user, [b"Subject: %d\r\n\r\nx\r\n" % i for i in range(7)], "Sales")
    config = write_config(tmp_path, server, user, '  folders = {"INBOX", "Sales*"}')
    done = ctl(config, "--json", "mailbox", "test", "box")
    assert done.returncode == 0, done.stderr
    doc = json.loads(done.stdout)
    assert doc["good"] and doc["idle"] and doc["move"] and doc["uidplus"]
    assert {f["name"]: f["messages"] for f in doc["folders"]} == {
        "INBOX": 0, "Sales": 7, "Sales/Old": 0}
    assert all(f["uidvalidity"] > 0 and f["problem"] is None for f in doc["folders"])
    plain = ctl(config, "mailbox", "test", "box").stdout
    assert "7 messages" in plain and "idle     yes" in plain


def test_probe__is_stored_found_and_gone_again(server, tmp_path):
    user = "probe@example.net"
    config = write_config(tmp_path, server, user)
    done = ctl(config, "--json", "mailbox", "test", "box", "--probe")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["probe"] is True
    c = server.client(user)
    assert c.select()[1] == [b"0"]
    assert c.response("UIDNEXT")[1] == [b"2"]
    c.logout()


def test_wrong_password__is_77_with_advice(server, tmp_path):
    done = ctl(write_config(tmp_path, server, password="wrong"), "mailbox", "test", "box")
    assert done.returncode == 77
    assert "refuses the login" in done.stderr and "password" in done.stderr


def test_no_server__is_75(server, tmp_path):
    done = ctl(write_config(tmp_path, server, port=free_port()), "mailbox", "test", "box")
    assert done.returncode == 75
    assert "host and port" in done.stderr


def test_certificate_of_another_ca__is_75_and_says_tls_ca_file(server, tmp_path):
    with Dovecot() as other:
        done = ctl(write_config(tmp_path, server, ca=other.ca_file), "mailbox", "test", "box")
    assert done.returncode == 75
    assert "tls_ca_file" in done.stderr


def test_no_such_channel__is_66(server, tmp_path):
    assert ctl(write_config(tmp_path, server), "mailbox", "test", "other").returncode == 66


def test_folder_that_is_not_there__is_78(server, tmp_path):
    done = ctl(write_config(tmp_path, server, options='  folders = {"INBOX", "Missing"}'),
               "mailbox", "test", "box")
    assert done.returncode == 78
    assert "Missing" in done.stdout


def test_password_file_that_is_not_there__is_78(server, tmp_path):
    config = write_config(tmp_path, server)
    (tmp_path / "password").unlink()
    assert ctl(config, "mailbox", "test", "box").returncode == 78

# SPDX-License-Identifier: ISC
"""A wrong configuration: each is refused with file, line, what is wrong and
what is allowed; nothing is started."""
import os
import re
import socket
import struct
import subprocess

import pytest

from rig import INTAKED, SOURCE, Rig, free_port, wait_for

CHANNEL = 'maildir "m" { path = "@DIR@/m" }\n'
HTTP = 'http { listen = {"127.0.0.1:@PORT@"} }\n'
HOOK = 'webhook "w" { secret_files = {"@DIR@/secret"} @ }\n'


def hook(more):
    return HTTP + HOOK.replace(" @ ", "\n" + more + "\n")


# name: text of the file, then the words that must be in what is said.
BROKEN = {
    "empty": ("", ["there is no channel", "webhook or chat"]),
    "garbage": ("\x00\x01\x02 {{{", [":1"]),
    "prose": ("this is not a configuration\n", ["t.conf:1", "this"]),
    "unknown key": (CHANNEL + "adress = 1\n", ["t.conf:2", "adress"]),
    "unknown key in a section": (CHANNEL + 'redis {\n  port = 1\n}\n', ["t.conf:3", "port"]),
    "unknown section": (CHANNEL + 'smtp "x" { }\n', ["t.conf:2", "smtp"]),
    "no equals sign": (CHANNEL + 'instance "x"\n', ["t.conf:2"]),
    "no value": (CHANNEL + 'instance =\nacknowledge = yes\n', ["t.conf"]),
    "no title": ('maildir { path = "/x" }\n', ["t.conf:1", "title"]),
    "brace missing at the end": (CHANNEL + 'redis {\n  timeout = 1s\n', ["t.conf:2", "never closed"]),
    "brace missing in the middle": ('log {\n level = info\n' + CHANNEL, ["t.conf:1", "never closed"]),
    "brace too many": (CHANNEL + "}\n", ["t.conf:2"]),
    "list not closed": (HTTP + 'webhook "w" {\n secret_files = {"a", "b"\n}\n', ["t.conf:2", "never closed"]),
    "quote not closed": (CHANNEL + 'instance = "x\n', ["t.conf:2", "quoted text"]),
    "single quote not closed": (CHANNEL + "rule 'r { }\n", ["t.conf:2", "quoted text"]),
    "comment not closed": (CHANNEL + "/* and so on\n", ["t.conf:2", "comment"]),
    "number is a word": (CHANNEL + "redis {\n partitions = many\n}\n", ["t.conf:3", "many", "number"]),
    "number out of range": (CHANNEL + "redis { partitions = 0 }\n", ["t.conf:2", "1 to 1024"]),
    "number negative": (CHANNEL + "guard { per_ticket_hour = -1 }\n", ["t.conf:2", "-1"]),
    "number huge": (CHANNEL + "redis { in_flight = 99999999999999999999 }\n", ["t.conf:2", "in_flight"]),
    "size without sense": (CHANNEL + "journal { max_size = 8X }\n", ["t.conf:2", "500K, 64M or 2G"]),
    "time without unit": (CHANNEL + "redis { timeout = 5 }\n", ["t.conf:2", "250ms, 30s"]),
    "time overflows": (CHANNEL + "journal { retain = 999999999999999999d }\n", ["t.conf:2", "retain"]),
    "neither yes nor no": (CHANNEL + "acknowledge = maybe\n", ["t.conf:2", "neither yes nor no"]),
    "word not allowed": (CHANNEL + "log { format = xml }\n", ["t.conf:2", "text, json"]),
    "not UTF-8": (CHANNEL + 'instance = "\udcff"\n', ["t.conf:2", "UTF-8"]),
    "pattern": (CHANNEL + "rule \"r\" {\n any = {'(open'}\n}\n", ["t.conf:3", "(open", "character"]),
    "one pattern of many": (CHANNEL + "rule \"r\" { any = {'good',\n 'b[ad'} }\n", ["t.conf:3", "b[ad"]),
    "valid is no pattern": (CHANNEL + "form \"f\" { detail \"d\" {\n valid = '*' } }\n", ["t.conf:3", "valid"]),
    "key twice": (CHANNEL + "instance = a\ninstance = b\n", ["t.conf:3", "twice", "t.conf:2"]),
    "key twice in a section": ('maildir "m" {\n path = "/a"\n path = "/b"\n}\n', ["t.conf:3", "twice"]),
    "section twice": (CHANNEL + "redis { timeout = 1s }\nredis { tls = yes }\n", ["t.conf:3", "redis", "twice"]),
    "two maildirs of a name": (CHANNEL + CHANNEL, ["t.conf:2", "m"]),
    "two channels of a name": (CHANNEL + HTTP + HOOK.replace('"w"', '"m"').replace("@ ", ""),
                               ["t.conf:3", "two channels", '"m"']),
    "two rules of a name": (CHANNEL + 'rule "r" { }\nrule "r" { }\n', ["t.conf:3"]),
    "path missing": (CHANNEL + 'maildir "n" {\n poll = 1s\n}\n', ["t.conf:4", "needs path"]),
    "channel with a wrong name": ('maildir "a b" { path = "/x" }\n', ["t.conf:1", "letters, digits"]),
    "department with a wrong name": (CHANNEL + 'rule "r" {\n department = "a:b"\n}\n',
                                     ["t.conf:3", "letters, digits"]),
    "instance with a wrong name": (CHANNEL + 'instance = "a{b}"\n', ["t.conf:2", "instance"]),
    "rule for no channel": (CHANNEL + 'rule "r" {\n channel = {"nowhere"}\n}\n',
                            ["t.conf:3", "no channel", "nowhere"]),
    "webhook without listener": (HOOK.replace("@ ", ""), ["http", "listen"]),
    "listen without a port": (CHANNEL + 'http {\n listen = {"localhost"}\n}\n', ["t.conf:3", "host:port"]),
    "listen with a wrong port": (CHANNEL + 'http { listen = {"localhost:99999"} }\n', ["t.conf:2", "host:port"]),
    "listen v6 without brackets": (CHANNEL + 'http { listen = {"::1:80"} }\n', ["t.conf:2", "[v6]:port"]),
    "redis without a port": (CHANNEL + 'redis { address = "redis" }\n', ["t.conf:2", "host:port"]),
    "webhook without secret": (HTTP + 'webhook "w" {\n}\n', ["t.conf:3", "needs secret_files"]),
    "webhook open to all": (HTTP + 'webhook "w" {\n signature = none\n}\n', ["t.conf:4", "allow"]),
    "allow is no network": (hook('allow = {"10.0.0.0/99"}'), ["webhook w", "10.0.0.0/99"]),
    "secret missing": (HTTP + 'webhook "w" {\n secret_files = {"@DIR@/nothing"}\n}\n',
                       ["t.conf:3", "nothing", "No such file"]),
    "secret open to all": (HTTP + 'webhook "w" {\n secret_files = {"@DIR@/open"}\n}\n',
                           ["t.conf:3", "open to others", "0600"]),
    "secret empty": (HTTP + 'webhook "w" {\n secret_files = {"@DIR@/empty"}\n}\n', ["t.conf:3", "empty"]),
    "secret is a directory": (HTTP + 'webhook "w" {\n secret_files = {"@DIR@"}\n}\n', ["t.conf:3", "not a file"]),
    "secret is no secret": (HTTP + 'webhook "w" {\n secret_files = {"@DIR@/bad"}\n}\n', ["webhook w", "bad"]),
    "map without slash": (hook(' map "text" { pointer = "text" }'), ["t.conf:3", "begin with /"]),
    "map with both": (hook(' map "text" { pointer = "/a" value = "b" }'), ["either pointer or value"]),
    "id pointer": (hook(' id_pointer = "id"'), ["t.conf:4", "begin with /"]),
    "certificate without key": (CHANNEL + HTTP.replace("}\n", ' tls_certificate = "@DIR@/open" }\n'),
                                ["t.conf:2", "tls_key"]),
    "certificate is none": (CHANNEL + 'http { listen = {"127.0.0.1:@PORT@"} tls_certificate = "@DIR@/open"\n'
                            ' tls_key = "@DIR@/secret" }\n', ["http", "certificate"]),
    "key unreadable": (CHANNEL + 'http { listen = {"127.0.0.1:@PORT@"} tls_certificate = "@DIR@/open"\n'
                       ' tls_key = "@DIR@/nothing" }\n', ["t.conf:3", "tls_key", "nothing"]),
    "template missing": (CHANNEL + 'template "t" {\n file = "@DIR@/nothing"\n}\n', ["t.conf:3", "nothing"]),
    "template with an unknown place": (CHANNEL + 'template "t" { body = "{{questions}} {{nothing}}" }\n',
                                       ["template t", "nothing", "{{ticket}}"]),
    "template without words": (CHANNEL + 'template "t" {\n}\n', ["t.conf:3", "either body or file"]),
    "imap without host": ('imap "i" { user = u password_file = "@DIR@/secret"\n}\n', ["t.conf:2", "needs host"]),
    "imap without password": ('imap "i" { user = u host = h\n}\n', ["t.conf:2", "password_file"]),
    "imap in clear": ('imap "i" { user = u host = example.org security = none\n'
                      ' password_file = "@DIR@/secret" }\n', ["t.conf:2", "tls or starttls"]),
    "imap move to nowhere": ('imap "i" { user = u host = h after = move password_file = "@DIR@/secret"\n}\n',
                             ["t.conf:2", "move_to"]),
    "imap since when": ('imap "i" { user = u host = h since = yesterday password_file = "@DIR@/secret"\n}\n',
                        ["t.conf:2", "2026-01-31"]),
    "maildir that keeps all": ('maildir "m" { path = "/x" after = nothing\n}\n', ["t.conf:2", "flag, move, delete"]),
    "form without details": (CHANNEL + 'form "f" { }\n', ["f", "no details"]),
    "choice without choices": (CHANNEL + 'form "f" { detail "d" { type = choice\n} }\n', ["t.conf:3", "choices"]),
    "rule with an unknown kind": (CHANNEL + 'rule "r" { kind = {"letter"} }\n', ["r", "letter"]),
    "colour": (HTTP + 'chat "c" { colour = red\n}\n', ["t.conf:3", "#1f6feb"]),
    "include missing": (CHANNEL + 'include("nothing.conf")\n', ["t.conf:2", "nothing.conf", "No such file"]),
    "include itself": (CHANNEL + 'include("t.conf")\n', ["t.conf:2", "included already"]),
    "include broken": (CHANNEL + 'include("part.conf")\n', ["part.conf:2", "level"]),
    "include unclosed": (CHANNEL + 'include("unclosed.conf")\n', ["unclosed.conf:1", "never closed"]),
    "mail_out from": (CHANNEL + 'mail_out {\n from = "nobody"\n}\n', ["t.conf:4", "no address"]),
    "mail_out user alone": (CHANNEL + 'mail_out { user = "u"\n}\n', ["t.conf:3", "password_file"]),
}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    directory = tmp_path_factory.mktemp("config")
    for name, text, mode in [("secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n", 0o600),
                             ("open", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n", 0o644),
                             ("empty", "", 0o600), ("bad", "whsec_!!!\n", 0o600),
                             ("part.conf", "\nlog { level = loud }\n", 0o644),
                             ("unclosed.conf", "log {\n", 0o644)]:
        (directory / name).write_text(text)
        os.chmod(directory / name, mode)
    (directory / "m").mkdir()
    return directory


def write(directory, text, name="t.conf"):
    path = directory / name
    text = f'state_dir = "{directory}/state" ' + text
    text = text.replace("@DIR@", str(directory)).replace("@PORT@", str(free_port()))
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    return path


def run(*args, timeout=30, **more):
    return subprocess.run([str(INTAKED), *map(str, args)], capture_output=True, text=True,
                          errors="replace", stdin=subprocess.DEVNULL, timeout=timeout, **more)


@pytest.mark.parametrize("name", list(BROKEN))
def test_refused(place, name):
    text, words = BROKEN[name]
    config = write(place, text)
    for args in (["-t", "-c", config], ["-c", config]):
        done = run(*args)
        assert done.returncode == 78, done.stderr
        for word in words:
            assert word in done.stderr
        assert "t.conf" in done.stderr or "/part" in done.stderr or "/unclosed" in done.stderr
        assert "MfKQ9r8GKYqrTwjUPD8" not in done.stderr
    assert not (place / "state").exists(), "something was started"


def test_file_missing():
    done = run("-t", "-c", "/nonexistent/intaked.conf")
    assert done.returncode == 78 and "No such file" in done.stderr


def test_wrong_arguments():
    for args in (["--nothing"], ["-c"], ["word"]):
        done = run(*args)
        assert done.returncode == 64 and "usage" in done.stderr


def test_all_mistakes_are_told_at_once(place):
    config = write(place, CHANNEL + "log { level = loud }\nacknowledge = maybe\nredis { timeout = 7 }\n")
    done = run("-t", "-c", config)
    assert len(re.findall(r"t\.conf:\d+: ", done.stderr)) == 3


def test_good_and_nothing_is_made(place):
    done = run("-t", "-c", write(place, CHANNEL + hook("")))
    assert (done.returncode, done.stderr) == (0, "")
    assert "good" in done.stdout
    assert not (place / "state").exists()


def test_the_sample_is_good(tmp_path):
    for path in (SOURCE / "conf").glob("*.conf"):
        (tmp_path / path.name).write_text(path.read_text())
    sample = (SOURCE / "conf/intaked.conf.sample").read_text()
    secrets = re.findall(r'"/etc/intaked/([\w.]+)"', sample)
    assert secrets
    for name in secrets:
        (tmp_path / name).write_text("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n")
        os.chmod(tmp_path / name, 0o600)
    (tmp_path / "intaked.conf").write_text(sample.replace("/etc/intaked/", f"{tmp_path}/"))
    done = run("-t", "-c", tmp_path / "intaked.conf")
    assert (done.returncode, done.stderr) == (0, "")


# --- right, but it cannot start ---

def children_of(pid):
    return subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True).stdout.split()


def cannot_start(config, status, *words, **more):
    process = subprocess.Popen([str(INTAKED), "-c", str(config)], stderr=subprocess.PIPE,
                               start_new_session=True, text=True, **more)
    _, said = process.communicate(timeout=30)
    assert process.returncode == status, said
    for word in words:
        assert word in said
    wait_for(lambda: subprocess.run(["pgrep", "-s", str(process.pid)]).returncode == 1, 5,
             "no half-started children")
    return said


def test_port_in_use__ends_with_75(place):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        config = write(place, CHANNEL + f'http {{ listen = {{"127.0.0.1:{port}"}} }}\n')
        cannot_start(config, 75, "t.conf:2", str(port), "in use")
        config = write(place, CHANNEL + f'admin {{ listen = {{"127.0.0.1:{port}"}} }}\n')
        cannot_start(config, 75, "t.conf:2", str(port), "in use")


@pytest.mark.parametrize("address", ["192.0.2.1:80", "nowhere.invalid:80"])
def test_address_that_is_not_ours(place, address):
    config = write(place, CHANNEL + f'http {{ listen = {{"{address}"}} }}\n')
    done = run("-c", config)
    assert done.returncode in (75, 78)
    assert "t.conf:2" in done.stderr and address in done.stderr


def test_state_directory_cannot_be_made(place):
    config = place / "t.conf"
    config.write_text(f'state_dir = "/proc/intaked"\nmaildir "m" {{ path = "{place}/m" }}\n')
    cannot_start(config, 78, "/proc/intaked")


def test_state_directory_is_open_to_others(place):
    state = place / "shared"
    state.mkdir()
    os.chmod(state, 0o777)
    config = place / "t.conf"
    config.write_text(f'state_dir = "{state}"\nmaildir "m" {{ path = "{place}/m" }}\n')
    cannot_start(config, 78, "shared", "0700")


def test_two_daemons_on_one_state_directory__the_second_ends_with_75():
    with Rig().start() as rig:
        other = rig.dir / "other.conf"
        text = rig.daemon.config.read_text()
        for port in (rig.http_port, rig.admin_port):
            text = text.replace(str(port), str(free_port()))
        other.write_text(text)
        cannot_start(other, 75, "in use", str(rig.daemon.process.pid))
        assert rig.hook({"subject": "still here", "text": "x"})[0] == 202


def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


def test_a_journal_of_a_newer_version__is_left_alone():
    with Rig().start() as rig:
        assert rig.hook({"subject": "one", "text": "x"})[0] == 202
        rig.wait_tickets(1)
        rig.daemon.stop()
        [segment] = (rig.dir / "state" / "journal").glob("*.seg")
        data = bytearray(segment.read_bytes())
        before = bytes(data)
        listing = rig.daemon.ctl("--json", "journal", "ls").stdout
        assert '"newer version"' not in listing
        data[8:12] = struct.pack("<I", 99)
        data[60:64] = struct.pack("<I", crc32c(data[:60]))
        segment.write_bytes(data)
        cannot_start(rig.daemon.config, 78, "version")
        assert segment.read_bytes()[:64] == bytes(data[:64])
        assert '"newer version"' in rig.daemon.ctl("--json", "journal", "ls").stdout
        segment.write_bytes(before)
        rig.daemon.start()

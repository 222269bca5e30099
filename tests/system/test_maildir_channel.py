# SPDX-License-Identifier: ISC
"""The maildir channel, with a sink that writes lines."""
import hashlib
import os
import signal
import time

from probe import MaildirProbe as Probe


def deliver(p, name, content=b"Subject: x\r\n\r\nhello\r\n"):
    """As every delivery agent does it: tmp, then new."""
    if isinstance(name, str):
        name = name.encode()
    base = p.path.encode()
    with open(os.path.join(base, b"tmp", name), "wb") as f:
        f.write(content)
    os.rename(os.path.join(base, b"tmp", name), os.path.join(base, b"new", name))


def make(p):
    for sub in ("", "tmp", "new", "cur"):
        os.makedirs(os.path.join(p.path, sub), exist_ok=True)


def ls(p, sub):
    return sorted(os.listdir(os.path.join(p.path, sub)))


def test_new_file_is_taken_at_once_and_marked_seen(tmp_path):
    with Probe(tmp_path, "  poll = 1h") as p:
        p.wait_for(lambda: os.path.isdir(p.path + "/new"))
        time.sleep(0.3)
        before = time.time()
        deliver(p, "1700000000.M1.host", b"a: b\n\nc\n")
        got = p.wait(1)
        assert time.time() - before < 0.5
        p.wait_for(lambda: ls(p, "cur") == ["1700000000.M1.host:2,S"])
        assert ls(p, "new") == []
    assert got[0][2] == hashlib.sha256(b"a: b\n\nc\n").hexdigest()
    assert got[0][0].startswith("test/1700000000.M1.host/")


def test_what_is_there_at_the_start_is_taken_in_order(tmp_path):
    p = Probe(tmp_path)
    make(p)
    for i in range(300):
        deliver(p, "%d.x" % (1700000000 - i), b"%d" % i)
    with p:
        got = p.wait(300)
        p.wait_for(lambda: len(ls(p, "cur")) == 300)
    assert [a[0].split("/")[1] for a in got] == ["%d.x" % (1700000000 - i)
                                                 for i in reversed(range(300))]


def test_cur_is_left_alone(tmp_path):
    p = Probe(tmp_path)
    make(p)
    with open(p.path + "/cur/1.a:2,", "w") as f:
        f.write("x")
    with p:
        deliver(p, "2.b")
        p.wait(1)
        time.sleep(0.2)
    assert len(p.arrivals()) == 1 and "1.a:2," in ls(p, "cur")


def test_names_that_are_not_nice_do_no_harm(tmp_path):
    names = [b"1.new\nline", b"2.\xff\xfe\x80", b"3.;rm -rf *", "4.\u00e9".encode(), b"5.%s%n",
             b"6." + b"x" * 240, b"7.a:2,FR", b"8.\t\"'\\"]
    p = Probe(tmp_path)
    make(p)
    for n in names:
        deliver(p, n, n)
    with p:
        got = p.wait(len(names))
        p.wait_for(lambda: ls(p, "new") == [])
    assert sorted(a[2] for a in got) == sorted(hashlib.sha256(n).hexdigest() for n in names)
    assert len(set(a[0] for a in got)) == len(names)
    assert "7.a:2,FRS" in ls(p, "cur")


def test_links_directories_and_fifos_are_not_followed(tmp_path):
    p = Probe(tmp_path)
    make(p)
    os.symlink("/etc/passwd", p.path + "/new/1.link")
    os.mkdir(p.path + "/new/2.dir")
    os.mkfifo(p.path + "/new/3.fifo")
    with p:
        deliver(p, "4.file")
        p.wait(1)
        time.sleep(0.3)
    assert len(p.arrivals()) == 1


def test_move_and_delete(tmp_path):
    for after in ("move", "delete"):
        folder = tmp_path / after
        folder.mkdir()
        options = "  after = %s\n" % after
        if after == "move":
            options += '  move_to = "%s/done"' % folder
        with Probe(folder, options) as p:
            p.wait_for(lambda: os.path.isdir(p.path + "/new"))
            deliver(p, "1.a", b"one")
            p.wait(1)
            p.wait_for(lambda: ls(p, "new") == [])
            if after == "move":
                assert os.listdir(str(folder) + "/done/new") == ["1.a"]
            assert ls(p, "cur") == []


def test_killed_between_journal_and_rename_takes_nothing_twice(tmp_path):
    p = Probe(tmp_path, args=["delay=20"])
    make(p)
    for i in range(300):
        deliver(p, "%d.x" % i, b"%d" % i)
    for _ in range(4):
        with p:
            p.wait(min(len(p.arrivals()) + 50, 300))
            p.kill()
    with p:
        p.wait(300)
        p.wait_for(lambda: ls(p, "new") == [])
    got = p.arrivals()
    assert len(got) == len(set(a[0] for a in got)) == 300


def test_same_name_with_other_content_is_another_mail(tmp_path):
    with Probe(tmp_path) as p:
        p.wait_for(lambda: os.path.isdir(p.path + "/new"))
        for i in range(3):
            deliver(p, "msg", b"%d" % i)
            p.wait(i + 1)
            p.wait_for(lambda: ls(p, "new") == [])
        assert len(ls(p, "cur")) == 3


def test_refused_file_stays_and_is_tried_again(tmp_path):
    p = Probe(tmp_path, args=["refuse=2"])
    make(p)
    deliver(p, "1.a", b"one")
    deliver(p, "2.b", b"two")
    with p:
        time.sleep(0.5)
        assert ls(p, "new") != []
        p.wait(2)
        p.wait_for(lambda: ls(p, "new") == [])


def test_oversize_file_gives_its_header(tmp_path):
    p = Probe(tmp_path, args=["max=1000"])
    make(p)
    deliver(p, "1.a", b"a: b\n\n" + b"x" * 5000)
    with p:
        got = p.wait(1)
    assert got[0][1] == "6" and got[0][3] == "5006"


def test_removed_folder_is_made_again_at_the_next_look(tmp_path):
    with Probe(tmp_path, "  poll = 1s") as p:
        p.wait_for(lambda: os.path.isdir(p.path + "/new"))
        deliver(p, "1.a")
        p.wait(1)
        p.wait_for(lambda: ls(p, "new") == [])
        os.rename(p.path, p.path + ".old")
        p.wait_for(lambda: os.path.isdir(p.path + "/new"))
        time.sleep(1.2)
        before = time.time()
        deliver(p, "2.b", b"two")
        p.wait(2)
        assert time.time() - before < 0.9


def test_pause_takes_nothing_and_resume_goes_on(tmp_path):
    with Probe(tmp_path, "  poll = 1s") as p:
        p.wait_for(lambda: os.path.isdir(p.path + "/new"))
        p.process.send_signal(signal.SIGUSR1)
        time.sleep(0.2)
        deliver(p, "1.a")
        time.sleep(1.3)
        assert p.arrivals() == []
        p.process.send_signal(signal.SIGUSR2)
        p.wait(1, 3)

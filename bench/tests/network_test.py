"""network_test.py SIMUL CASE: `simul serve` and `simul load`, each against a few lines of Python that know nothing of it.

Everything is on 127.0.0.1, and what is started here is ended here."""
import concurrent.futures
import json
import os
import random
import resource
import selectors
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

SIMUL = sys.argv[1]
CROWD = 1000  # guests who come at once and leave
LIMIT_S = 60  # for anything; nothing takes nearly as long unless it hangs


def check(condition, *words):
    if not condition:
        raise SystemExit("network_test: " + " ".join(str(word) for word in words))


def simul(*arguments):
    return subprocess.run([SIMUL, *arguments], capture_output=True, text=True, timeout=LIMIT_S)


class Serve:
    """simul serve, until the with block ends; `said` is what it wrote to standard error then, `status` its exit."""

    def __init__(self, runtime, *arguments, limit=None, forbids=()):
        limited = ["prlimit", "--nofile=%d:%d" % (limit, limit)] if limit else [*forbids]
        self.process = subprocess.Popen([*limited, SIMUL, "serve", "echo", "--runtime=" + runtime, *arguments],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def __enter__(self):
        line = self.process.stdout.readline()
        if line:
            self.port = int(line)
        return self

    def end(self):
        self.process.terminate()
        self.said = self.process.communicate(timeout=LIMIT_S)[1]
        self.status = self.process.returncode

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.end()


def converse(port, connections, bytes_each):
    """Every connection sends its own bytes in pieces of any length, ends its side in the middle of the last answer, and
    gets the same back, however it is cut."""
    selector = selectors.DefaultSelector()
    generator = random.Random(connections)
    for _ in range(connections):
        peer = socket.create_connection(("127.0.0.1", port))
        peer.setblocking(False)
        state = {"out": generator.randbytes(bytes_each), "sent": 0, "back": b""}
        selector.register(peer, selectors.EVENT_READ | selectors.EVENT_WRITE, state)
    deadline = time.monotonic() + LIMIT_S
    while selector.get_map():
        check(time.monotonic() < deadline, "the answers of", len(selector.get_map()), "connections do not come")
        for key, events in selector.select(1):
            step(selector, generator, key.fileobj, key.data, events)


def step(selector, generator, peer, state, events):
    if events & selectors.EVENT_READ:
        piece = peer.recv(65536)
        state["back"] += piece
        if not piece:
            check(state["back"] == state["out"], "other bytes came back:", len(state["back"]), "of", state["sent"])
            selector.unregister(peer)
            peer.close()
            return
    if events & selectors.EVENT_WRITE:
        piece = state["out"][state["sent"]:state["sent"] + generator.randint(1, 5000)]
        state["sent"] += peer.send(piece)
        if state["sent"] == len(state["out"]):
            peer.shutdown(socket.SHUT_WR)
            selector.modify(peer, selectors.EVENT_READ, state)


def runtimes():
    found = json.loads(simul("list", "--json").stdout)["runtimes"]
    return [one for one in found if not one.get("peer") and "capabilities" in one]


def serves(name):
    """Strangers, one and many; False where it says why not."""
    with Serve(name) as server:
        if hasattr(server, "port"):
            converse(server.port, 1, 100000)
            converse(server.port, 60, 3000)
        server.end()
        if not hasattr(server, "port"):
            check(server.status in (3, 0) and server.said.strip(), name, "does not serve:", server.said)
            return False
        check(server.status == 0, name, "ended with", server.status, server.said)
        check("served 61 connections: 280000 bytes came, 280000 went back; 0 connections broke" in server.said, name,
              server.said)
        return True


def case_serve():
    """Every runtime serves strangers, or says why not."""
    served = [one["runtime"] for one in runtimes() if serves(one["runtime"])]
    for name in ("thread", "callback", "async", "coroutine"):
        check(name in served, name, "does not serve")


def reset(peer):
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()


def never_reads(port):
    """A guest who sends until nothing more is taken: the server must wait, for this one only."""
    peer = socket.create_connection(("127.0.0.1", port))
    peer.settimeout(0.05)
    try:
        while True:
            peer.send(bytes(1 << 20))
    except TimeoutError:
        return peer


def leave_at_once(port, count):
    """Opens so many, all at the same time, and goes away without a word."""
    peers = [socket.create_connection(("127.0.0.1", port)) for _ in range(count)]
    for peer in peers:
        peer.close()


def misbehave(port):
    """All kinds of wrong guests, and right ones among them: 1 + 1 + 15 + 1 + CROWD + 20 connections, two of which break."""
    stuck = never_reads(port)
    slow = socket.create_connection(("127.0.0.1", port))
    for index in range(5):
        slow.send(bytes([index]))
        converse(port, 3, 1000)
    check(slow.recv(5, socket.MSG_WAITALL) == bytes(range(5)), "the slow one got other bytes")
    resets = socket.create_connection(("127.0.0.1", port))
    resets.send(b"unanswered")
    reset(resets)
    leave_at_once(port, CROWD)
    converse(port, 20, 1000)
    slow.shutdown(socket.SHUT_WR)
    check(slow.recv(1) == b"", "the end of a side was not answered")
    slow.close()
    reset(stuck)


def case_guests():
    """What a guest does wrong costs its own connection, is counted and is said, whatever the runtime."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    served = set()
    for name in [one["runtime"] for one in runtimes()]:
        with Serve(name, "--drain=20s") as server:
            if not hasattr(server, "port"):
                continue  # case_serve asks why
            served.add(name)
            begun = time.monotonic()
            misbehave(server.port)
            server.end()
            print("%s: %.2f s: %s" % (name, time.monotonic() - begun, server.said.strip()))
            check(server.status == 0 and "served %d connections" % (38 + CROWD) in server.said and
                  "2 connections broke, 0 were turned away" in server.said, name, server.status, server.said)
    check(served >= {"thread", "callback", "async", "coroutine"}, "only these served:", served)


def case_crowd():
    """Ten thousand who open and leave: in one go where the descriptors suffice, a thousand at a time for kernel threads."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    for name, at_once in (("thread", 1000), ("coroutine", 10000)):
        at_once = min(at_once, limit // 2)
        with Serve(name, "--drain=20s") as server:
            begun = time.monotonic()
            for first in range(0, 10000, at_once):
                leave_at_once(server.port, min(at_once, 10000 - first))
            converse(server.port, 20, 1000)
            server.end()
            print("%s: %.2f s: %s" % (name, time.monotonic() - begun, server.said.strip()))
            check(server.status == 0 and "served 10020 connections" in server.said and
                  "0 connections broke, 0 were turned away" in server.said, name, server.status, server.said)


def drains(name):
    """SIGTERM: who is there is served to the end; who stays too long is cut off; nobody new is let in."""
    with Serve(name, "--drain=5s") as server:
        guest = socket.create_connection(("127.0.0.1", server.port))
        guest.send(b"before")
        check(guest.recv(6, socket.MSG_WAITALL) == b"before", name)
        server.process.terminate()
        refused = False
        while not refused:
            try:
                socket.create_connection(("127.0.0.1", server.port)).close()
            except (ConnectionRefusedError, ConnectionResetError):
                refused = True
        guest.send(b"after")
        check(guest.recv(5, socket.MSG_WAITALL) == b"after", name, "does not finish what is under way")
        guest.close()
        said = server.process.communicate(timeout=LIMIT_S)[1]
        check(server.process.returncode == 0, name, said)
    with Serve(name, "--drain=50ms") as server:
        guest = socket.create_connection(("127.0.0.1", server.port))
        guest.send(b"x")
        check(guest.recv(1) == b"x", name)
        server.end()
        check(server.status == 0, name, "stays for a guest that stays:", server.status, server.said)
        check(guest.recv(1) == b"", name, "does not close the guest's connection")


def case_drain():
    for name in ("process", "thread", "callback", "async", "coroutine"):
        drains(name)


class Server:
    """An echo server with one manner, in a process of its own. The manner shows at the tenth chunk."""

    def __init__(self, manner):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self.listener.getsockname()[1]
        self.pid = os.fork()
        if self.pid == 0:
            signal.alarm(LIMIT_S)
            self.run(manner)
        self.listener.close()

    def run(self, manner):
        selector = selectors.DefaultSelector()
        selector.register(self.listener, selectors.EVENT_READ)
        chunks, last, silent = 0, None, []
        while True:
            for key, _ in selector.select():
                if key.fileobj is self.listener:
                    peer = self.listener.accept()[0]
                    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    selector.register(peer, selectors.EVENT_READ)
                    continue
                peer = key.fileobj
                try:
                    piece = peer.recv(65536)
                except ConnectionResetError:
                    piece = b""
                chunks += 1
                if not piece or (chunks == 10 and manner in ("closes", "resets")):
                    selector.unregister(peer)
                    reset(peer) if piece and manner == "resets" else peer.close()
                    continue
                answer = piece
                if chunks == 10 and manner == "flips":
                    answer = bytes([piece[0] ^ 1]) + piece[1:]
                elif chunks == 10 and manner == "crosses":
                    answer = last
                elif chunks == 10 and manner == "stops":
                    selector.unregister(peer)
                    silent.append(peer)  # open, and never read again
                    continue
                last = piece
                try:
                    peer.sendall(answer)
                except OSError:
                    pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


def load(port, *arguments):
    """Exit status, the record, and what it said."""
    done = simul("load", "--json", "--to", str(port), *arguments)
    return done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr


def case_load():
    """Anybody's server: every byte is right, whatever the shape."""
    with Server("honest") as server:
        for arguments, messages in (
                (("--messages=40",), 400), (("--messages=40", "--depth=7", "--size=1001"), 400),
                (("--messages=10", "--churn"), 100), (("--messages=40", "--rate=4000", "--idle=5"), 400)):
            status, record, said = load(server.port, "--connections=10", *arguments)
            check(status == 0 and record["messages"] == messages and record["faults"] == {}, arguments, record, said)
            check(record["per_connection"]["least"] == record["per_connection"]["most"], arguments, record)
        done = simul("load", "--to", str(server.port), "--messages=10")
        check(done.returncode == 0 and "none; every byte was right" in done.stdout, done.stdout, done.stderr)
        check("closed loop" in done.stdout and "Little's law" in done.stdout, done.stdout)


def case_go():
    """The peer in another language serves as ours do, and the load has nothing against it."""
    found = [one for one in json.loads(simul("list", "--json").stdout)["runtimes"] if one["runtime"] == "go"]
    if not found or "capabilities" not in found[0]:
        print("skipped: the peer go is not built here")
        raise SystemExit(77)
    check(serves("go"), "go does not serve")
    drains("go")
    with Serve("go") as server:
        for arguments in (("--depth=7", "--size=1001"), ("--churn",)):
            status, record, said = load(server.port, "--connections=10", "--messages=10", *arguments)
            check(status == 0 and record["messages"] == 100 and record["faults"] == {}, arguments, record, said)
        broken = socket.create_connection(("127.0.0.1", server.port))
        broken.send(b"x")
        check(broken.recv(1) == b"x", "no answer")
        reset(broken)
        second = simul("serve", "echo", "--runtime=go", "--port=%d" % server.port)
        check(second.returncode == 3 and "cannot listen at 127.0.0.1 port %d" % server.port in second.stderr,
              second.returncode, second.stderr)
        server.end()
        check(server.status == 0 and "1 connections broke, 0 were turned away" in server.said, server.status, server.said)


def case_faults():
    """Each costs its own connection, is counted, and is said."""
    for manner, fault, words in (("flips", "wrong", "came back wrong"), ("crosses", "wrong", "of connection"),
                                 ("closes", "closed", "the server closed it"), ("resets", "reset", "reset by peer"),
                                 ("stops", "stalled", "had come back after")):
        with Server(manner) as server:
            status, record, said = load(server.port, "--connections=4", "--messages=30", "--stall=300ms")
            check(status == 1 and record["errors"] == 1 and record["faults"] == {fault: 1}, manner, record, said)
            check(words in said, manner, said)
            check(record["messages"] >= 90 and record["per_connection"]["most"] == 30, manner, record)


def case_killed():
    """The server dies in mid-run: the load ends, and says it."""
    with Server("honest") as server:
        timer = threading.Timer(0.3, os.kill, (server.pid, signal.SIGKILL))
        timer.start()
        status, record, said = load(server.port, "--connections=4", "--duration=20s", "--warm-up=1ms")
        timer.join()
        check(status == 1 and record["errors"] == 4 and record["messages"] > 0, record, said)
        check(record["time_ns"]["wall"] < 15e9, "it went on without a server")
    status, record, said = load(server.port, "--connections=3")
    check(status == 3 and record["faults"] == {"refused": 3} and "Connection refused" in said, record, said)


def paused(server, *arguments):
    """p99 in ms, of a run of 1.5 s in which the server is stopped for 300 ms once."""
    timers = [threading.Timer(0.6, os.kill, (server.pid, signal.SIGSTOP)),
              threading.Timer(0.9, os.kill, (server.pid, signal.SIGCONT))]
    for timer in timers:
        timer.start()
    status, record, said = load(server.port, "--connections=10", "--duration=1500ms", "--warm-up=1ms", *arguments)
    check(status == 0, record, said)
    return record["latency_ns"]["p99"] / 1e6, record


def case_pause():
    """An open loop shows what a closed one hides. Both run at the same time, each against a server of its own."""
    with Server("honest") as one, Server("honest") as other, concurrent.futures.ThreadPoolExecutor() as pool:
        closing = pool.submit(paused, other)
        opened, record = paused(one, "--rate=1000")
        closed, _ = closing.result()
        check(opened > 150, "the pause of 300 ms does not show in p99:", opened, "ms")
        check(abs(record["raw_latency_ns"]["count"] - record["messages"]) <= 20, record)  # under way at the ends
        check(record["pacing_ns"]["count"] > 0 and record["loop"] == "open", record)
        check(closed < opened, "closed loop:", closed, "ms, open loop:", opened, "ms")


def case_shortage():
    """Descriptors or ports that run out cost what could not be had, are counted and are said; the others go on."""
    for name in ("thread", "thread-pool", "callback", "async", "coroutine"):
        with Serve(name, limit=160) as server:
            peers = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(200)]
            served = 0
            for peer in peers:
                peer.settimeout(1)
                try:
                    peer.send(b"?")
                    served += peer.recv(1) == b"?"
                except (ConnectionError, TimeoutError):
                    pass
            for peer in peers:
                peer.close()
            converse(server.port, 10, 1000)
            server.end()
            check(40 <= served < 200 and server.status == 0 and "0 were turned away" not in server.said, name, served,
                  server.status, server.said)
    ports = "ip link set lo up && echo 40000 40010 > /proc/sys/net/ipv4/ip_local_port_range || exit 77; "
    script = ports + ("port=/tmp/network_test.$$; %s serve echo --runtime=callback > $port & server=$!; sleep 0.5; "
                      "%s load --json --to $(cat $port) --connections=30 --messages=5; status=$?; "
                      "kill $server; wait; rm $port; exit $status" % (SIMUL, SIMUL))
    done = subprocess.run(["unshare", "-rn", "sh", "-c", script], capture_output=True, text=True, timeout=LIMIT_S)
    if done.returncode == 77 or not done.stdout:
        print("ports that run out: skipped, no network of its own:", done.stderr.strip())
        return
    record = json.loads(done.stdout)
    check(record["faults"] == {"ports": record["errors"]} and record["errors"] >= 19, record["faults"], done.stderr)
    check("cannot connect" in done.stderr and "signal" not in done.stderr, done.stderr)


def case_memory():
    """A kernel without memory for a connection (ENOBUFS): the load counts and says it; a server waits for better times,
    and can be ended."""
    forbid = os.environ["FORBID"]
    if subprocess.run([forbid, "connect", "ENOBUFS", "true"]).returncode == 77:
        print("skipped: there are no seccomp filters")
        raise SystemExit(77)
    done = subprocess.run([forbid, "connect", "ENOBUFS", SIMUL, "load", "--json", "--to", "7", "--connections=3"],
                          capture_output=True, text=True, timeout=LIMIT_S)
    check(done.returncode == 3 and json.loads(done.stdout)["faults"] == {"memory": 3} and
          "No buffer space available" in done.stderr, done.returncode, done.stdout, done.stderr)
    for name in ("process", "thread", "callback", "async", "coroutine"):
        with Serve(name, forbids=(forbid, "accept4", "ENOBUFS")) as server:
            guest = socket.create_connection(("127.0.0.1", server.port))
            time.sleep(0.05)
            check(server.process.poll() is None, name, "ends because a connection could not be had")
            server.end()
            guest.close()
            check(server.status == 0 and "served 0 connections" in server.said, name, server.status, server.said)


def case_calls():
    """Wrong calls: one sentence, status 2, nothing done."""
    for call, words in (
            (("load",), "--to HOST:PORT"), (("load", "--to", "192.0.2.1:7"), "--allow-remote"),
            (("load", "--to", "7:x"), "HOST:PORT"), (("load", "--to", "0"), "HOST:PORT"),
            (("load", "--to", "7", "--depth=0"), "from 1 to"), (("load", "--to", "7", "--churn", "--depth=2"), "--churn"),
            (("load", "--to", "7", "--messages=2", "--duration=1s"), "--messages"),
            (("load", "--to", "7", "--size=65KiB"), "64KiB"), (("load", "--to", "7", "--cores=x"), "--cores"),
            (("load", "--to", "7", "--rate=0"), "from 1 to"), (("serve",), "simul serve echo"),
            (("serve", "chess", "--runtime=thread"), "simul serve echo"), (("serve", "echo"), "--runtime"),
            (("serve", "echo", "--runtime=nobody"), "no runtime"),
            (("serve", "echo", "--runtime=thread", "--port=0"), "65535"),
            (("serve", "echo", "--runtime=thread", "--address=localhost"), "IPv4 or IPv6"),
            (("serve", "echo", "--runtime=thread", "--cores=0,0"), "twice")):
        done = simul(*call)
        check(done.returncode == 2 and not done.stdout and words in done.stderr, call, done.returncode, done.stderr)
    taken = socket.create_server(("127.0.0.1", 0))
    busy = str(taken.getsockname()[1])
    for call, words in ((("load", "--to", "7", "--connections=1000000"), "raise ulimit -n"),
                        (("serve", "echo", "--runtime=thread", "--port=" + busy), "port %s: Address already in use" % busy),
                        (("serve", "echo", "--runtime=thread", "--address=192.0.2.1"), "cannot listen at 192.0.2.1"),
                        (("serve", "echo", "--runtime=bare-epoll"), "nobody else"),
                        (("serve", "echo", "--runtime=sequential"), "nobody else")):
        done = simul(*call)
        check(done.returncode == 3 and not done.stdout and words in done.stderr and done.stderr.startswith("simul"), call,
              done.returncode, done.stderr)
    taken.close()


globals()["case_" + sys.argv[2]]()

"""A link with latency and loss between two network namespaces, for kernels without netem.

    relay.py FAR_PID LATENCY_MS LOSS_PERCENT

Makes a TUN device `near` here and `far` in the network namespace of FAR_PID, and carries packets between them: each
LATENCY_MS late, those from far to near lost at random. The TCP on both sides is the kernel's.
"""
import collections
import ctypes
import fcntl
import os
import random
import select
import struct
import sys
import time


def tun(name):
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, 0x400454CA, struct.pack("16sH", name.encode(), 0x1001))  # TUNSETIFF, IFF_TUN | IFF_NO_PI
    return device


far_pid, latency, loss = int(sys.argv[1]), float(sys.argv[2]) / 1000, float(sys.argv[3]) / 100
near = tun("near")
with open(f"/proc/{far_pid}/ns/net") as namespace:
    if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), 0x40000000) != 0:
        sys.exit("error: cannot enter the other namespace")
far = tun("far")
dice = random.Random(7)
lines = {near: collections.deque(), far: collections.deque()}  # by where packets go
while True:
    now = time.monotonic()
    for target, line in lines.items():
        while line and line[0][0] <= now:
            try:
                os.write(target, line.popleft()[1])
            except OSError:
                pass
    due = min((line[0][0] for line in lines.values() if line), default=now + 1)
    ready, _, _ = select.select([near, far], [], [], max(0, due - now))
    now = time.monotonic()
    for source in ready:
        target = far if source == near else near
        for _ in range(64):
            try:
                packet = os.read(source, 65536)
            except BlockingIOError:
                break
            if source == near or dice.random() >= loss:
                lines[target].append((now + latency, packet))

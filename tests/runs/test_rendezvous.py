import concurrent.futures
import socket

import pytest

from specgan.runs import rendezvous


def free_addresses(number):
    doors = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    addresses = [f"127.0.0.1:{door.getsockname()[1]}" for door in doors]
    for door in doors:
        door.close()
    return addresses


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [1, 0, 2]])
def test_workers_meet_when_the_last_has_come(order):
    addresses = free_addresses(3)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        *first, last = order
        there = [pool.submit(rendezvous.meet, addresses, i) for i in first]
        done, _ = concurrent.futures.wait(there, timeout=0.3)
        assert not done
        there.append(pool.submit(rendezvous.meet, addresses, last))
        for one in there:
            one.result(timeout=20)


def say(address, said):
    host, port = address.split(":")
    while True:
        try:
            connection = socket.create_connection((host, int(port)))
        except OSError:
            continue
        connection.sendall(said)
        return connection


def test_strangers_and_those_who_have_left_do_not_count():
    addresses = free_addresses(3)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        first = pool.submit(rendezvous.meet, addresses, 0)
        connections = [
            say(addresses[0], b"GET / HTTP/1.1\r\n"),
            say(addresses[0], b"specgan worker 7\n"),
            say(addresses[0], b"specgan worker 1\n"),
        ]
        for connection in connections:
            connection.close()
        second = pool.submit(rendezvous.meet, addresses, 2)
        done, _ = concurrent.futures.wait([first, second], timeout=1)
        assert not done, "worker 1 has left again"
        pool.submit(rendezvous.meet, addresses, 1).result(timeout=20)
        first.result(timeout=20)
        second.result(timeout=20)


def test_one_worker_has_nobody_to_wait_for():
    (address,) = addresses = free_addresses(1)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        pool.submit(rendezvous.meet, addresses, 0).result(timeout=20)
    # Its port is free again.
    with socket.create_server(("", int(address.split(":")[1]))) as server:
        assert server.fileno() > 0


@pytest.mark.parametrize("index", [0, 1])
def test_a_port_that_is_taken(index):
    addresses = free_addresses(2)
    with socket.create_server(("", int(addresses[index].split(":")[1]))):
        with pytest.raises(
            OSError, match=f"cannot listen at {addresses[index]}"
        ):
            rendezvous.meet(addresses, index)

// echo.go: a TCP server that sends back what it receives, a goroutine a connection. The driver starts the load.
package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
)

const bufferMost = 16 << 10

type connection struct {
	socket         net.Conn
	received, sent uint64
	ended          uint64
	err            error // what ended it before the end of the stream
}

func (connection *connection) serve(room uint64) {
	buffer := make([]byte, room)
	for {
		count, err := connection.socket.Read(buffer)
		connection.received += uint64(count)
		if count > 0 {
			sent, failed := connection.socket.Write(buffer[:count])
			connection.sent += uint64(sent)
			if failed != nil {
				err = failed
			}
		}
		if err != nil {
			if err != io.EOF {
				connection.err = err
			}
			break
		}
	}
	connection.ended = now()
	connection.socket.Close()
}

const soBusyPoll, tcpNotsentLowat = 46, 25 // asm-generic/socket.h, linux/tcp.h

// noteOptions: as the kernel has them, by the names that all players have for them; `net` sets TCP_NODELAY itself.
func (play *play) noteOptions(socket *net.TCPConn) {
	raw, err := socket.SyscallConn()
	if err != nil {
		return
	}
	raw.Control(func(fd uintptr) {
		for _, one := range []struct {
			name          string
			level, option int
		}{
			{"tcp_nodelay", syscall.IPPROTO_TCP, syscall.TCP_NODELAY}, {"tcp_quickack", syscall.IPPROTO_TCP, syscall.TCP_QUICKACK},
			{"so_sndbuf", syscall.SOL_SOCKET, syscall.SO_SNDBUF}, {"so_rcvbuf", syscall.SOL_SOCKET, syscall.SO_RCVBUF},
			{"so_busy_poll", syscall.SOL_SOCKET, soBusyPoll}, {"tcp_notsent_lowat", syscall.IPPROTO_TCP, tcpNotsentLowat},
		} {
			if value, err := syscall.GetsockoptInt(int(fd), one.level, one.option); err == nil {
				play.settings[one.name] = uint32(value)
			}
		}
	})
}

func playEcho(play *play) {
	size, room := play.value["size"], uint64(bufferMost)
	if size+64 < room {
		room = (size/64 + 1) * 64
	}
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		die(exitWrong, "echo: %v", err)
	}
	printLine(map[string]any{"protocol": protocol, "listening": listener.Addr().(*net.TCPAddr).Port})
	churn, timed := play.value["churn"] == 1, play.value["connections"]
	if churn {
		timed *= play.value["messages"]
	}
	connections := make([]connection, timed+play.value["idle"])
	gate := newGate(uint64(len(connections)))
	var ended sync.WaitGroup
	ended.Add(len(connections))
	for i := range connections {
		connection := &connections[i]
		connection.socket, err = listener.Accept()
		if err != nil {
			var number syscall.Errno
			errors.As(err, &number)
			refuse("descriptors", number, "echo: "+err.Error(), i)
		}
		if i == 0 {
			play.noteOptions(connection.socket.(*net.TCPConn))
		}
		if churn && uint64(i) == play.value["idle"] {
			play.begin()
		}
		go func() {
			if !churn {
				gate.pass()
			}
			connection.serve(room)
			ended.Done()
		}()
	}
	listener.Close()
	if !churn {
		gate.arrived.Wait()
		play.begin()
		gate.open()
	}
	ended.Wait()
	var last, tasks, operations, bytes uint64
	for i := range connections {
		operations += connections[i].sent / size
		bytes += connections[i].received
		if connections[i].ended > last {
			last = connections[i].ended
		}
		if connections[i].err == nil {
			tasks++ // one that broke is no task that ended
		} else {
			fmt.Fprintln(os.Stderr, "echo:", connections[i].err)
		}
	}
	play.end(last)
	play.audit(tasks, operations, bytes, 0)
}

// serve.go: the echo server for anybody's clients, until SIGTERM, as results/SCHEMA.md has the call `serve`.
package main

import (
	"errors"
	"net"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

const shortagePause = 10 * time.Millisecond

type service struct {
	lock     sync.Mutex // for all that follows
	stopping bool
	guests   map[*net.TCPConn]bool // under way

	connections, received, sent, broken uint64

	ended sync.WaitGroup // by a guest each
}

// takeAddress reads "port=P" and "address=A"; without them it is a free port of 127.0.0.1.
func takeAddress(pairs []string) (net.IP, int) {
	address, port := net.IPv4(127, 0, 0, 1), 0
	for _, pair := range pairs {
		key, text, _ := strings.Cut(pair, "=")
		number, err := strconv.ParseUint(text, 10, 16)
		ip := net.ParseIP(text)
		switch {
		case key == "port" && err == nil:
			port = int(number)
		case key == "address" && ip != nil:
			address = ip
		default:
			die(exitUsage, "serve: '%s' is neither port=0 to 65535 nor address=, an IPv4 or IPv6 address in numbers", pair)
		}
	}
	return address, port
}

func listenAt(address net.IP, port int) *net.TCPListener {
	network := "tcp" // on :: that is both families
	if address.To4() != nil {
		network = "tcp4"
	}
	listener, err := net.ListenTCP(network, &net.TCPAddr{IP: address, Port: port})
	if err != nil {
		var number syscall.Errno
		errors.As(err, &number)
		refuse("address", number, "cannot listen at "+address.String()+" port "+strconv.Itoa(port)+": "+number.Error(), nil)
	}
	return listener
}

func (service *service) attend(guest *net.TCPConn) {
	connection := connection{socket: guest}
	connection.serve(bufferMost)
	service.lock.Lock()
	delete(service.guests, guest)
	service.received += connection.received
	service.sent += connection.sent
	if connection.err != nil {
		service.broken++
	}
	service.lock.Unlock()
	service.ended.Done()
}

func (service *service) receive(guest *net.TCPConn) {
	service.lock.Lock()
	defer service.lock.Unlock()
	if service.stopping {
		guest.Close()
		return
	}
	service.connections++
	service.guests[guest] = true
	service.ended.Add(1)
	go service.attend(guest)
}

func (service *service) cutOff() {
	service.lock.Lock()
	defer service.lock.Unlock()
	for guest := range service.guests {
		guest.CloseRead()
		guest.CloseWrite()
	}
}

// heed: the first signal ends the accepting, each further one cuts off who is left.
func (service *service) heed(signals <-chan os.Signal, listener *net.TCPListener) {
	<-signals
	service.lock.Lock()
	service.stopping = true
	service.lock.Unlock()
	listener.Close()
	for range signals {
		service.cutOff()
	}
}

// acceptAll returns when the listener has been closed. Where descriptors or memory are short, who connects waits.
func (service *service) acceptAll(listener *net.TCPListener) {
	for {
		guest, err := listener.AcceptTCP()
		switch {
		case err == nil:
			service.receive(guest)
		case errors.Is(err, net.ErrClosed):
			return
		case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE), errors.Is(err, syscall.ENOBUFS),
			errors.Is(err, syscall.ENOMEM):
			time.Sleep(shortagePause)
		default:
			die(exitWrong, "echo: the listener failed: %v", err)
		}
	}
}

func serveEcho(pairs []string) {
	listener := listenAt(takeAddress(pairs))
	service := &service{guests: map[*net.TCPConn]bool{}}
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	go service.heed(signals, listener)
	printLine(map[string]any{"protocol": protocol, "listening": listener.Addr().(*net.TCPAddr).Port})
	service.acceptAll(listener)
	service.ended.Wait()
	printLine(map[string]any{"protocol": protocol, "served": map[string]any{"connections": service.connections,
		"received": service.received, "echoed": service.sent, "broken": service.broken, "turned_away": 0}})
}

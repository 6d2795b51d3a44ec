// gate.go: a start barrier.
package main

import "sync"

// Tasks arrive and wait until the gate is opened, once all of them have come.
type gate struct {
	arrived sync.WaitGroup
	opened  chan struct{}
}

func newGate(tasks uint64) *gate {
	gate := &gate{opened: make(chan struct{})}
	gate.arrived.Add(int(tasks))
	return gate
}

func (gate *gate) pass() {
	gate.arrived.Done()
	<-gate.opened
}

func (gate *gate) open() {
	close(gate.opened)
}

// primitives.go: spawn, switch, idle and skynet.
package main

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// One task in so many leaves a mark.
const markEvery = 16

func playSpawn(play *play) {
	tasks, batch, yields := play.value["tasks"], play.value["batch"], play.value["body"] == 1
	marks := make([]uint8, (tasks+markEvery-1)/markEvery)
	if batch > tasks {
		die(exitUsage, "spawn: batch=%d is more than tasks=%d", batch, tasks)
	}
	var ended sync.WaitGroup
	// Creates the tasks [first, end), then waits for them.
	runBatch := func(first, end uint64, marked bool) {
		ended.Add(int(end - first))
		for i := first; i < end; i++ {
			var mark *uint8
			if marked && i%markEvery == 0 {
				mark = &marks[i/markEvery]
			}
			go func() {
				if yields {
					runtime.Gosched()
				}
				if mark != nil {
					*mark++
				}
				ended.Done()
			}()
		}
		ended.Wait()
	}
	if play.value["memory"] == 0 {
		runBatch(0, batch, false)
	}
	begun := play.begin()
	for first := uint64(0); first < tasks; first += batch {
		end := first + batch
		if end > tasks {
			end = tasks
		}
		runBatch(first, end, true)
	}
	last := now()
	play.end(last)
	var checksum uint64
	for i, mark := range marks {
		checksum += uint64(mark) * uint64(i+1)
	}
	play.audit(tasks, tasks, 0, checksum)
	play.figures["ns_per_task"] = float64(last-begun) / float64(tasks)
}

// share is how many of all yields, or steps, are those of the task of that index.
func share(yields, tasks, index uint64) uint64 {
	if index < yields%tasks {
		return yields/tasks + 1
	}
	return yields / tasks
}

func playSwitch(play *play) {
	if play.value["mode"] == 1 {
		playRing(play)
	} else {
		playYield(play)
	}
}

func playYield(play *play) {
	tasks, yields := play.value["tasks"], play.value["yields"]
	gate := newGate(tasks)
	left, last := int64(tasks), uint64(0)
	var turns uint64
	var ended sync.WaitGroup
	ended.Add(int(tasks))
	for i := uint64(0); i < tasks; i++ {
		mine := share(yields, tasks, i)
		go func() {
			gate.pass()
			for turn := uint64(0); turn < mine; turn++ {
				runtime.Gosched()
			}
			atomic.AddUint64(&turns, mine)
			if atomic.AddInt64(&left, -1) == 0 {
				last = now()
			}
			ended.Done()
		}()
	}
	gate.arrived.Wait()
	begun := play.begin()
	gate.open()
	ended.Wait()
	play.end(last)
	play.audit(tasks, turns, 0, 0)
	play.figures["ns_per_switch"] = float64(last-begun) / float64(yields)
}

// A seat has a line of the cache to itself. The token is the number of the coming step.
type seat struct {
	token           chan uint64
	turns, checksum uint64
	_               [5]uint64
}

// The token makes one round that is not timed and ends with the first task; then everybody waits.
func playRing(play *play) {
	tasks, yields := play.value["tasks"], play.value["yields"]
	seats := make([]seat, tasks)
	round := make(chan uint64)
	for i := range seats {
		seats[i].token = make(chan uint64)
	}
	var last uint64
	var ended sync.WaitGroup
	ended.Add(len(seats))
	for i := range seats {
		seat, next, first := &seats[i], seats[(uint64(i)+1)%tasks].token, seats[0].token
		mine := share(yields, tasks, uint64(i))
		go func() {
			if token := <-seat.token; next == first {
				round <- token
			} else {
				next <- token
			}
			for ; seat.turns < mine; seat.turns++ {
				step := <-seat.token
				seat.checksum += step
				if step < yields {
					next <- step + 1
				} else {
					last = now()
				}
			}
			ended.Done()
		}()
	}
	seats[0].token <- 1
	<-round
	begun := play.begin()
	seats[0].token <- 1
	ended.Wait()
	play.end(last)
	var turns, checksum uint64
	for i := range seats {
		turns += seats[i].turns
		checksum += seats[i].checksum
	}
	play.audit(tasks, turns, 0, checksum)
	play.figures["ns_per_switch"] = float64(last-begun) / float64(yields)
}

func playIdle(play *play) {
	tasks, sleep, sleeps := play.value["tasks"], play.value["sleep"], play.value["sleeps"]
	late := make([]uint64, tasks)
	for i := range late {
		late[i] = ^uint64(0) // every page of it is there from now on
	}
	var ended sync.WaitGroup
	if play.value["memory"] == 0 {
		rehearse(tasks)
	}
	var woken, last uint64
	sleepAll := func(late *uint64) {
		for i := uint64(0); i < sleeps; i++ {
			deadline := now() + sleep
			sleepUntil(deadline)
			woke := now()
			if woke >= deadline {
				*late = woke - deadline
				if atomic.AddUint64(&woken, 1) == tasks*sleeps {
					last = woke
				}
			}
		}
		ended.Done()
	}
	ended.Add(int(tasks))
	var begun uint64
	if play.value["start"] == 1 {
		begun = play.begin()
		for i := range late {
			go sleepAll(&late[i])
		}
	} else {
		gate := newGate(tasks)
		created := now()
		for i := range late {
			place := &late[i]
			go func() {
				gate.pass()
				sleepAll(place)
			}()
		}
		gate.arrived.Wait()
		play.figures["create_ns_per_task"] = float64(now()-created) / float64(tasks)
		begun = play.begin()
		play.figures["bytes_per_task"] = play.grown()/float64(tasks) - 8 // that of late
		gate.open()
	}
	ended.Wait()
	play.end(last)
	play.audit(tasks, woken, 0, 0)
	play.figures["beyond_ms"] = (float64(last) - float64(begun) - float64(sleeps*sleep)) / 1e6
	play.lateness(late)
}

// As many tasks as will sleep live at once, wait, and end: their memory is known to the machine afterwards.
func rehearse(tasks uint64) {
	gate := newGate(tasks)
	var ended sync.WaitGroup
	ended.Add(int(tasks))
	for i := uint64(0); i < tasks; i++ {
		go func() {
			gate.pass()
			ended.Done()
		}()
	}
	gate.arrived.Wait()
	gate.open()
	ended.Wait()
}

// grow is the program that the benchmark was first written in: A. Temerev, "Skynet 1M concurrency microbenchmark", 2016.
func grow(sum chan<- uint64, leaf, leaves, fanout uint64) {
	if leaves == 1 {
		sum <- leaf
		return
	}
	children, own := make(chan uint64), uint64(0)
	for i := uint64(0); i < fanout; i++ {
		go grow(children, leaf+i*(leaves/fanout), leaves/fanout, fanout)
	}
	for i := uint64(0); i < fanout; i++ {
		own += <-children
	}
	sum <- own
}

func playSkynet(play *play) {
	leaves, fanout := play.value["leaves"], play.value["fanout"]
	tasks := (leaves-1)/(fanout-1) + leaves
	sum := make(chan uint64)
	if play.value["memory"] == 1 {
		go grow(sum, 0, leaves, fanout)
		<-sum
	}
	begun := play.begin()
	go grow(sum, 0, leaves, fanout)
	checksum := <-sum
	last := now()
	play.end(last)
	play.audit(tasks, leaves, 0, checksum)
	play.figures["ns_per_task"] = float64(last-begun) / float64(tasks)
}

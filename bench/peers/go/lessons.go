// lessons.go: order, contention and range.
package main

import (
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
)

// What a task can say, the digits of the figure "order".
const (
	one = 1 + iota
	two
	hello
	goodbye
)

// A task sleeps so many units, says the word, and goes on to its next line.
type line struct {
	word, units uint64
}

// The lines of each task, and the words in the order that tasks which interleave must give.
var scripts = []struct {
	lines    [][]line
	promised []uint64
}{
	{[][]line{{{one, 0}, {two, 1}}, {{one, 0}, {two, 1}}, {{one, 0}, {two, 1}}}, []uint64{one, one, one, two, two, two}},
	{[][]line{{{hello, 2}}, {{goodbye, 1}}}, []uint64{goodbye, hello}},
}

// A place in the log is taken by one atomic addition and is the task's own from then on.
type scene struct {
	unit, begun uint64
	said        uint64
	events      []event
}

type event struct {
	task int
	word uint64
}

// speak returns when the task said its last word, and how late it was at most, against the plan from the start.
func (scene *scene) speak(task int, lines []line) (ended, late uint64) {
	planned := scene.begun
	for _, line := range lines {
		sleepUntil(now() + line.units*scene.unit)
		scene.events[atomic.AddUint64(&scene.said, 1)-1] = event{task, line.word}
		planned += line.units * scene.unit
		ended = now()
		if ended > planned+late {
			late = ended - planned
		}
	}
	return ended, late
}

// kept is how many events stand in their places: the promised word, and the next that its task had to say.
func (scene *scene) kept(lines [][]line, promised []uint64) (kept uint64) {
	said := make([]int, len(lines))
	for i, event := range scene.events {
		next := said[event.task]
		if event.word == promised[i] && next < len(lines[event.task]) && lines[event.task][next].word == event.word {
			kept++
		}
		said[event.task]++
	}
	return kept
}

func refuseLateness() {
	printLine(map[string]any{"protocol": protocol, "refused": map[string]any{
		"what": "wake-ups within a unit", "error": "ETIME",
		"text": "order: no more wake-ups within a unit can be had here: timer expired"}})
	os.Exit(exitRefused)
}

func playOrder(play *play) {
	script := scripts[play.value["example"]]
	scene := &scene{unit: play.value["unit"], events: make([]event, len(script.promised))}
	tasks := uint64(len(script.lines))
	ends, lateness := make([]uint64, tasks), make([]uint64, tasks)
	gate := newGate(tasks)
	var ended sync.WaitGroup
	ended.Add(len(script.lines))
	for task := range script.lines {
		task := task
		go func() {
			gate.pass()
			ends[task], lateness[task] = scene.speak(task, script.lines[task])
			ended.Done()
		}()
	}
	gate.arrived.Wait()
	scene.begun = play.begin()
	gate.open()
	ended.Wait()
	play.end(most(ends))
	kept := scene.kept(script.lines, script.promised)
	if kept < uint64(len(scene.events)) && most(lateness) >= scene.unit {
		refuseLateness() // nobody can tell which order the model gives
	}
	var digits, checksum uint64
	for _, event := range scene.events {
		digits = digits*10 + event.word
		checksum += 1 << (8*uint64(event.task) + event.word)
	}
	play.audit(tasks, kept, 0, checksum)
	play.figures["order"] = float64(digits)
	play.figures["late_max_us"] = float64(most(lateness)) / 1e3
}

func most(values []uint64) (most uint64) {
	for _, value := range values {
		if value > most {
			most = value
		}
	}
	return most
}

const (
	modeNone = iota
	modeAtomic
	modeMutex
)

// The counter has a line of the cache to itself, and so has the mutex.
type contest struct {
	_         [8]uint64
	value     uint64
	_         [7]uint64
	mutex     sync.Mutex
	_         [7]uint64
	suspended bool
}

// increment reads the counter and writes it back in two steps. The race is meant: of one machine word Go's memory
// model says that a racing read sees a value that was written. The load is atomic, the same instruction here, or the
// compiler would make both steps one; an atomic store would be another instruction.
func (contest *contest) increment() {
	value := atomic.LoadUint64(&contest.value)
	if contest.suspended {
		runtime.Gosched()
	}
	contest.value = value + 1
}

func (contest *contest) add(increments, mode uint64) {
	switch mode {
	case modeAtomic:
		for ; increments > 0; increments-- {
			atomic.AddUint64(&contest.value, 1)
		}
	case modeMutex:
		for ; increments > 0; increments-- {
			contest.mutex.Lock()
			contest.increment()
			contest.mutex.Unlock()
		}
	default:
		for ; increments > 0; increments-- {
			contest.increment()
		}
	}
}

// mayHold is whether the counter can be right: where updates may be lost, at least what the last writer made of 0.
func mayHold(value, tasks, all, mode uint64) bool {
	if mode != modeNone || tasks == 1 {
		return value == all
	}
	return value >= 1 && value <= all
}

func playContention(play *play) {
	tasks, increments, mode := play.value["tasks"], play.value["increments"], play.value["mode"]
	contest := &contest{suspended: play.value["suspend"] == 1}
	if mode == modeAtomic && contest.suspended {
		die(exitUsage, "contention: mode=atomic reads and writes in one instruction: it takes suspend=no")
	}
	ends := make([]uint64, tasks)
	gate := newGate(tasks)
	var ended sync.WaitGroup
	ended.Add(int(tasks))
	for i := range ends {
		end := &ends[i]
		go func() {
			gate.pass()
			contest.add(increments, mode)
			*end = now()
			ended.Done()
		}()
	}
	gate.arrived.Wait()
	begun := play.begin()
	gate.open()
	ended.Wait()
	last, made, value := most(ends), tasks*increments, contest.value
	play.end(last)
	checksum := made
	if !mayHold(value, tasks, made, mode) {
		checksum = value // which is none
		fmt.Fprintf(os.Stderr, "simul-go: contention: the counter holds %d after %d increments\n", value, made)
	}
	play.audit(tasks, made, 0, checksum)
	lost := float64(made) - float64(value)
	if mode == modeNone {
		play.figures["lost_percent"] = lost * 100 / float64(made)
	}
	play.figures["ns_per_increment"] = float64(last-begun) / float64(made)
	play.figures["lost"] = lost
}

// What the taker of a row found, and when it was done.
type taken struct {
	numbers, sum, ended uint64
}

// takeLazily: an unbuffered channel is Go's generator: the maker waits until a number is taken.
func takeLazily(numbers uint64, slot <-chan uint64) (taken taken) {
	for number := range slot {
		taken.sum += number
		if taken.numbers++; taken.numbers == numbers {
			break
		}
	}
	taken.ended = now()
	return taken
}

func takeEagerly(row []uint64) (taken taken) {
	for _, number := range row {
		taken.sum += number
	}
	taken.numbers, taken.ended = uint64(len(row)), now()
	return taken
}

func playRange(play *play) {
	numbers, eager := play.value["numbers"], play.value["mode"] == 0
	start, made := newGate(2), newGate(2) // made: all numbers are in memory
	slot := make(chan uint64)
	var row []uint64
	if eager {
		row = make([]uint64, numbers)
	}
	var taken taken
	var ended sync.WaitGroup
	ended.Add(2)
	go func() {
		start.pass()
		if eager {
			for number := range row {
				row[number] = uint64(number)
			}
			made.pass()
		} else {
			for number := uint64(0); number < numbers; number++ {
				slot <- number
			}
		}
		ended.Done()
	}()
	go func() {
		start.pass()
		if eager {
			made.pass()
			taken = takeEagerly(row)
		} else {
			taken = takeLazily(numbers, slot)
		}
		ended.Done()
	}()
	start.arrived.Wait()
	begun, paused := play.begin(), uint64(0)
	start.open()
	if eager {
		made.arrived.Wait()
		paused = play.peak()
		made.open()
	}
	ended.Wait()
	last := taken.ended - paused
	play.end(last)
	play.audit(2, taken.numbers, 0, taken.sum)
	play.figures["ns_per_number"] = float64(last-begun) / float64(numbers)
	if play.grown() > 0 {
		play.figures["memory_bytes"] = play.grown()
	}
}

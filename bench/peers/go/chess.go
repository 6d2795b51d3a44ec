// chess.go: the exhibition, and the hog beside a heartbeat, which computes as a master does.
package main

import (
	"runtime"
	"sort"
	"sync"
	"time"
)

// move is so many steps of a linear congruential generator, each of which needs the one before.
func move(position, steps uint64) uint64 {
	for ; steps > 0; steps-- {
		position = position*6364136223846793005 + 1442695040888963407
	}
	return position
}

// opening is splitmix64's finaliser.
func opening(board uint64) uint64 {
	x := board + 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// stepTime is in ps, for whoever calls this program by hand: a run hands it to all players.
func stepTime() uint64 {
	const runs, steps = 50, 1 << 20
	least, position := ^uint64(0), opening(0)
	for run := 0; run < runs; run++ {
		begun := now()
		position = move(position, steps)
		if elapsed := now() - begun; elapsed < least {
			least = elapsed
		}
	}
	runtime.KeepAlive(position)
	return least * 1000 / steps
}

// stepsOf is how many steps there are in that time.
func (play *play) stepsOf(ns uint64) uint64 {
	if play.value["step"] == 0 {
		play.value["step"] = stepTime()
	}
	if steps := ns * 1000 / play.value["step"]; steps > 0 {
		return steps
	}
	return 1
}

func sleepUntil(deadline uint64) {
	if wait := int64(deadline - now()); wait > 0 {
		time.Sleep(time.Duration(wait))
	}
}

// A board has a line of the cache to itself.
type board struct {
	position, pairs, ended uint64
	_                      [5]uint64
}

func playChess(play *play) {
	pairs, reply, masters := play.value["pairs"], play.value["reply"], play.value["masters"]
	steps := play.stepsOf(play.value["move"])
	boards := make([]board, play.value["boards"])
	gate := newGate(uint64(len(boards)))
	permits := make(chan struct{}, masters)
	var ended sync.WaitGroup
	ended.Add(len(boards))
	for i := range boards {
		board := &boards[i]
		board.position = opening(uint64(i))
		go func() {
			gate.pass()
			for ; board.pairs < pairs; board.pairs++ {
				if masters > 0 {
					permits <- struct{}{}
				}
				board.position = move(board.position, steps)
				if masters > 0 {
					<-permits
				}
				sleepUntil(now() + reply)
			}
			board.ended = now()
			ended.Done()
		}()
	}
	gate.arrived.Wait()
	play.begin()
	gate.open()
	ended.Wait()
	var last, played, checksum uint64
	for i := range boards {
		played += boards[i].pairs
		checksum += boards[i].position
		if boards[i].ended > last {
			last = boards[i].ended
		}
	}
	play.end(last)
	play.audit(uint64(len(boards)), played, 0, checksum)
}

func playStarvation(play *play) {
	slices, beats := play.value["hog"]/play.value["slice"], play.value["hog"]/play.value["beat"]
	steps, yields := play.stepsOf(play.value["slice"]), play.value["yields"] == 1
	late := make([]uint64, 0, beats)
	position := opening(0)
	var begun, hogEnded, heartEnded, gap uint64
	gate := newGate(2)
	var ended sync.WaitGroup
	ended.Add(2)
	go func() {
		gate.pass()
		for slice := uint64(0); slice < slices; slice++ {
			position = move(position, steps)
			if yields {
				runtime.Gosched()
			}
		}
		hogEnded = now()
		ended.Done()
	}()
	go func() {
		gate.pass()
		for beat := uint64(1); beat <= beats; beat++ {
			due := begun + beat*play.value["beat"]
			sleepUntil(due)
			last := begun
			if beat > 1 {
				last = heartEnded
			}
			heartEnded = now()
			if heartEnded-last > gap {
				gap = heartEnded - last
			}
			if heartEnded >= due {
				late = append(late, heartEnded-due)
			}
		}
		ended.Done()
	}()
	gate.arrived.Wait()
	begun = play.begin()
	gate.open()
	ended.Wait()
	last := hogEnded
	if heartEnded > last {
		last = heartEnded
	}
	play.end(last)
	play.audit(2, uint64(len(late)), 0, position)
	play.figures["gap_max_ms"] = float64(gap) / 1e6
	play.lateness(late)
	play.figures["hog_ms"] = float64(hogEnded-begun) / 1e6
}

// lateness: percentiles by nearest rank, in us.
func (play *play) lateness(late []uint64) {
	sort.Slice(late, func(i, j int) bool { return late[i] < late[j] })
	percentile := func(percent int) float64 {
		rank := (len(late)*percent + 99) / 100
		if rank > 0 {
			rank--
		}
		return float64(late[rank]) / 1e3
	}
	if len(late) > 0 {
		play.figures["late_p50_us"] = percentile(50)
		play.figures["late_p99_us"] = percentile(99)
		play.figures["late_max_us"] = percentile(100)
	}
}

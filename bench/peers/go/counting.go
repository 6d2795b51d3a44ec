// counting.go: the primes below a limit, by trial division, in slices that share nothing.
package main

import "sync"

// Interleaved slices take turns in runs of so many candidates.
const run = 64

// Candidates are the numbers prime to 6, from 5 on, numbered from 0.
func candidate(index uint64) uint32 {
	return uint32(3*index + 5 - index&1)
}

func candidatesBelow(limit uint64) (count uint64) {
	if limit <= 5 {
		return 0
	}
	above := limit - 5
	count = above / 6 * 2
	if above%6 > 0 {
		count++
	}
	if above%6 > 2 {
		count++
	}
	return count
}

func isPrime(number uint32) bool {
	for divisor := uint32(5); uint64(divisor)*uint64(divisor) <= uint64(number); divisor += 6 {
		if number%divisor == 0 || number%(divisor+2) == 0 {
			return false
		}
	}
	return true
}

// A slice has a line of the cache to itself.
type slice struct {
	tested, count, sum, ended uint64
	_                         [4]uint64
}

func (slice *slice) test(first, end uint64) {
	slice.tested += end - first
	for ; first < end; first++ {
		if number := candidate(first); isPrime(number) {
			slice.count++
			slice.sum += uint64(number)
		}
	}
}

func playCounting(play *play) {
	candidates, count := candidatesBelow(play.value["limit"]), play.value["slices"]
	blocks := play.value["split"] == 1
	slices := make([]slice, count)
	gate := newGate(count)
	var ended sync.WaitGroup
	ended.Add(len(slices))
	for i := range slices {
		slice, index := &slices[i], uint64(i)
		go func() {
			gate.pass()
			if blocks {
				slice.test(candidates*index/count, candidates*(index+1)/count)
			} else {
				for first := index * run; first < candidates; first += count * run {
					end := first + run
					if end > candidates {
						end = candidates
					}
					slice.test(first, end)
				}
			}
			slice.ended = now()
			ended.Done()
		}()
	}
	gate.arrived.Wait()
	play.begin()
	gate.open()
	ended.Wait()
	// 2 and 3 are primes that are no candidates.
	var last, tested, primes, sum uint64 = 0, 0, 2, 2 + 3
	for i := range slices {
		tested += slices[i].tested
		primes += slices[i].count
		sum += slices[i].sum
		if slices[i].ended > last {
			last = slices[i].ended
		}
	}
	play.end(last)
	play.audit(count, tested, 0, sum+primes)
	play.figures["primes"] = float64(primes)
}

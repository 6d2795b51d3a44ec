// play.go: what a play measures around its work, and the record that it ends with.
package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

type play struct {
	workload   string
	parameters []parameter
	value      map[string]uint64 // of a choice: its index

	created, begun, last, ended uint64 // by now()
	cpuBegun, cpuEnded          uint64
	usageCreated, usageEnded    syscall.Rusage
	pssBaseline, pssPeak        uint64
	kernelBaseline, kernelPeak  uint64
	slabBaseline, slabPeak      uint64

	tasks, operations, bytes, checksum uint64
	figures                            map[string]float64
	settings                           map[string]any
}

var start = time.Now()

// now is in ns, on the monotonic clock.
func now() uint64 {
	return uint64(time.Since(start))
}

const prSetTimerslack, prGetTimerslack = 29, 30

// wakeExactly starts the program anew if the kernel would round its timers, since threads that exist already keep their
// slack: 1 ns, as every player has it.
func wakeExactly() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	slack, _, _ := syscall.RawSyscall(syscall.SYS_PRCTL, prGetTimerslack, 0, 0)
	if slack <= 1 {
		return
	}
	syscall.RawSyscall(syscall.SYS_PRCTL, prSetTimerslack, 1, 0)
	err := syscall.Exec("/proc/self/exe", os.Args, os.Environ())
	die(exitWrong, "cannot start anew: %v", err)
}

func cpuTime() uint64 {
	const processCPU = 2
	var spec syscall.Timespec
	syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, processCPU, uintptr(unsafe.Pointer(&spec)), 0)
	return uint64(spec.Nano())
}

// pss is this process's memory in bytes, what it shares with others by parts; 0 if that is unknown.
func pss() uint64 {
	var kibibytes uint64
	text, _ := os.ReadFile("/proc/self/smaps_rollup")
	if _, rest, found := strings.Cut(string(text), "\nPss:"); found {
		fmt.Sscanf(rest, "%d", &kibibytes)
	}
	return kibibytes << 10
}

// meminfo is the sum of those lines of /proc/meminfo, of the whole machine, in bytes.
func meminfo(names ...string) uint64 {
	var sum uint64
	text, _ := os.ReadFile("/proc/meminfo")
	for _, name := range names {
		var kibibytes uint64
		if _, rest, found := strings.Cut(string(text), "\n"+name+":"); found {
			fmt.Sscanf(rest, "%d", &kibibytes)
		}
		sum += kibibytes << 10
	}
	return sum
}

func kernelMemory() uint64 {
	return meminfo("KernelStack", "PageTables")
}

func (play *play) takeBaseline() {
	play.figures = map[string]float64{}
	play.settings = map[string]any{"timer_slack_ns": 1}
	play.pssBaseline = pss()
	play.kernelBaseline = kernelMemory()
	play.slabBaseline = meminfo("Slab")
	syscall.Getrusage(syscall.RUSAGE_SELF, &play.usageCreated)
	play.created = now()
}

// begin: all tasks exist and wait; returns when the steady work began.
func (play *play) begin() uint64 {
	play.pssPeak = pss()
	play.kernelPeak = kernelMemory()
	play.slabPeak = meminfo("Slab")
	play.cpuBegun = cpuTime()
	play.begun = now()
	return play.begun
}

// end: all tasks have ended, the last of them at that time.
func (play *play) end(last uint64) {
	play.ended = now()
	play.last = last
	play.cpuEnded = cpuTime()
	syscall.Getrusage(syscall.RUSAGE_SELF, &play.usageEnded)
}

func (play *play) audit(tasks, operations, bytes, checksum uint64) {
	play.tasks, play.operations, play.bytes, play.checksum = tasks, operations, bytes, checksum
}

// peak measures the memory once more, in so many ns.
func (play *play) peak() uint64 {
	begun := now()
	if bytes := pss(); bytes > play.pssPeak {
		play.pssPeak = bytes
	}
	if bytes := kernelMemory(); bytes > play.kernelPeak {
		play.kernelPeak = bytes
	}
	return now() - begun
}

// grown is what memory has grown by until the play began, or until peak() if that was more.
func (play *play) grown() float64 {
	return float64(play.pssPeak) - float64(play.pssBaseline)
}

func (play *play) parametersSaid() map[string]any {
	said := map[string]any{}
	for _, parameter := range play.parameters {
		said[parameter.name] = play.value[parameter.name]
		if parameter.choices != nil {
			said[parameter.name] = parameter.choices[play.value[parameter.name]]
		}
	}
	return said
}

// cores are those that this process may run on.
func cores() []int {
	var mask [128]uint64
	list := []int{}
	bytes, _, _ := syscall.RawSyscall(syscall.SYS_SCHED_GETAFFINITY, 0, unsafe.Sizeof(mask),
		uintptr(unsafe.Pointer(&mask)))
	for core := 0; core < int(bytes)*8; core++ {
		if mask[core/64]>>(core%64)&1 == 1 {
			list = append(list, core)
		}
	}
	return list
}

// memory: what the whole machine grew by is left out where others freed more meanwhile.
func (play *play) memory() map[string]any {
	said := map[string]any{"pss_peak": play.pssPeak, "pss_baseline": play.pssBaseline}
	if play.kernelPeak >= play.kernelBaseline {
		said["kernel"] = play.kernelPeak - play.kernelBaseline
	}
	if play.slabPeak >= play.slabBaseline {
		said["slab"] = play.slabPeak - play.slabBaseline
	}
	return said
}

func (play *play) printRecord() {
	before, after := &play.usageCreated, &play.usageEnded
	printLine(map[string]any{
		"protocol": protocol, "runtime": "go", "version": version, "workload": play.workload,
		"parameters": play.parametersSaid(), "cores": cores(), "capabilities": capabilities,
		"time_ns": map[string]any{"setup": play.begun - play.created, "wall": play.last - play.begun,
			"teardown": play.ended - play.last},
		"cpu_ns": map[string]any{"user": after.Utime.Nano() - before.Utime.Nano(),
			"system": after.Stime.Nano() - before.Stime.Nano(), "steady": play.cpuEnded - play.cpuBegun},
		"switches": map[string]any{"voluntary": after.Nvcsw - before.Nvcsw,
			"involuntary": after.Nivcsw - before.Nivcsw},
		"memory": play.memory(),
		"audit": map[string]any{"tasks": play.tasks, "operations": play.operations, "bytes": play.bytes,
			"checksum": fmt.Sprintf("%016x", play.checksum)},
		"figures":  play.figures,
		"settings": play.settings,
	})
}

// main.go: simul-go, a peer: goroutines as a player, in Go alone.
//
// It answers `info`, `play` and `serve` as results/SCHEMA.md says and knows nothing else of simul: a player in any language
// looks like this. A workload is a table of parameters and a function; what it must do stands in
// bench/workloads/*/spec.c, and the driver holds what comes of it against the right answer.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"sort"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	protocol    = 1
	exitWrong   = 1
	exitUsage   = 2
	exitRefused = 3
)

// The project's version, set by the linker.
var version = "unknown"

// A parameter's value where none is given; with choices, which are named, the index of one.
type parameter struct {
	name     string
	fallback uint64
	isTime   bool // in ns; people who call by hand may write 50us
	choices  []string
}

type workload struct {
	parameters []parameter
	play       func(*play)
}

var workloads = map[string]workload{
	"chess": {[]parameter{{name: "boards", fallback: 24}, {name: "pairs", fallback: 30}, {name: "move", fallback: 50000, isTime: true},
		{name: "reply", fallback: 550000, isTime: true}, {name: "masters"}, {name: "preset", choices: []string{"polgar"}},
		{name: "scale", fallback: 100000}, {name: "step"}}, playChess},
	"counting": {[]parameter{{name: "limit", fallback: 5000000}, {name: "slices", fallback: 8},
		{name: "split", choices: []string{"interleaved", "blocks"}}, {name: "division"}}, playCounting},
	"echo": {[]parameter{{name: "connections", fallback: 50}, {name: "size", fallback: 64},
		{name: "depth", fallback: 1}, {name: "idle", fallback: 0}, {name: "rate", fallback: 0},
		{name: "churn", choices: []string{"no", "yes"}}, {name: "client", choices: []string{"apart", "same"}},
		{name: "messages", fallback: 400}, {name: "floor"}}, playEcho},
	"spawn": {[]parameter{{name: "tasks", fallback: 100000}, {name: "batch", fallback: 1},
		{name: "body", choices: []string{"empty", "yield"}},
		{name: "memory", choices: []string{"warm", "cold"}}}, playSpawn},
	"switch": {[]parameter{{name: "tasks", fallback: 2}, {name: "yields", fallback: 1000000},
		{name: "mode", choices: []string{"yield", "ring"}}}, playSwitch},
	"idle": {[]parameter{{name: "tasks", fallback: 1000}, {name: "sleep", fallback: 100000000, isTime: true},
		{name: "start", choices: []string{"gate", "spawn"}},
		{name: "memory", choices: []string{"warm", "cold"}}, {name: "sleeps", fallback: 1}}, playIdle},
	"skynet": {[]parameter{{name: "leaves", fallback: 1000000}, {name: "fanout", fallback: 10},
		{name: "memory", choices: []string{"cold", "warm"}}}, playSkynet},
	"starvation": {[]parameter{{name: "beat", fallback: 10000000, isTime: true}, {name: "hog", fallback: 500000000, isTime: true},
		{name: "slice", fallback: 100000, isTime: true}, {name: "yields", choices: []string{"no", "yes"}},
		{name: "step"}}, playStarvation},
	"contention": {[]parameter{{name: "tasks", fallback: 4}, {name: "increments", fallback: 1000000},
		{name: "mode", choices: []string{"none", "atomic", "mutex"}},
		{name: "suspend", choices: []string{"no", "yes"}}}, playContention},
	"order": {[]parameter{{name: "example", choices: []string{"count", "say"}},
		{name: "unit", fallback: 20000000, isTime: true}}, playOrder},
	"range": {[]parameter{{name: "numbers", fallback: 10000000},
		{name: "mode", fallback: 1, choices: []string{"eager", "lazy"}}}, playRange},
}

var capabilities = []string{"interleaves", "parallel", "shares-memory", "preempts", "switches-stacks", "workers"}

// Every workload takes it, since the player says "workers" of itself.
var workers = parameter{name: "workers"}

func workloadNames() []string {
	var names []string
	for name := range workloads {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

func die(status int, format string, arguments ...any) {
	fmt.Fprintf(os.Stderr, "simul-go: "+format+"\n", arguments...)
	os.Exit(status)
}

func printLine(value any) {
	line, err := json.Marshal(value)
	if err == nil {
		_, err = fmt.Println(string(line))
	}
	if err != nil {
		die(exitWrong, "cannot write to standard output: %v", err)
	}
}

// refuse ends the program: the machine cannot do this. reached: how many there were, nil where nobody counted.
func refuse(what string, number syscall.Errno, text string, reached any) {
	names := map[syscall.Errno]string{syscall.EMFILE: "EMFILE", syscall.ENFILE: "ENFILE", syscall.ENOMEM: "ENOMEM",
		syscall.ENOBUFS: "ENOBUFS", syscall.EACCES: "EACCES", syscall.EADDRINUSE: "EADDRINUSE",
		syscall.EADDRNOTAVAIL: "EADDRNOTAVAIL"}
	name, known := names[number]
	if !known {
		name = "errno " + strconv.Itoa(int(number))
	}
	refused := map[string]any{"what": what, "error": name, "text": text}
	if reached != nil {
		refused["reached"] = reached
	}
	printLine(map[string]any{"protocol": protocol, "refused": refused})
	die(exitRefused, "%s", text)
}

func printInfo() {
	printLine(map[string]any{
		"protocol": protocol, "runtime": "go", "version": version, "peer": true,
		"library":      "Go " + strings.TrimPrefix(runtime.Version(), "go"),
		"model":        "a peer: a goroutine a task, over a thread a core (M:N)",
		"dialect":      "its own",
		"suspends":     "switching stacks, which grow as they are needed",
		"shares":       "all memory",
		"breaks":       "time and memory for the garbage collector; timers of milliseconds where nobody else is awake",
		"sources":      "go.dev/doc: the language, runtime.Gosched, sync.WaitGroup, sync.Mutex, channels, time.Sleep, net",
		"capabilities": capabilities, "workloads": workloadNames(),
		"costs_ns": map[string]any{"task": 2000, "switch": 700, "wake": 700},
	})
}

// take sets what one "key=value" says; a sentence if it says nothing that is known.
func (play *play) take(pair string, parameters []parameter) string {
	key, text, isPair := strings.Cut(pair, "=")
	var known []string
	for _, parameter := range parameters {
		known = append(known, parameter.name)
		if !isPair || parameter.name != key {
			continue
		}
		if parameter.choices == nil {
			value, err := strconv.ParseUint(text, 10, 64)
			if err != nil && parameter.isTime {
				var duration time.Duration
				duration, err = time.ParseDuration(text)
				value = uint64(duration)
			}
			if err != nil || int64(value) < 0 {
				return fmt.Sprintf("%s=%s is no whole number (of ns, bytes, or whatever is counted)", key, text)
			}
			play.value[key] = value
			return ""
		}
		for i, choice := range parameter.choices {
			if choice == text {
				play.value[key] = uint64(i)
				return ""
			}
		}
		return fmt.Sprintf("%s=%s is none of %s", key, text, strings.Join(parameter.choices, ", "))
	}
	return fmt.Sprintf("unknown key '%s'; known keys: %s", key, strings.Join(known, ", "))
}

func startPlay(name string, pairs []string) {
	workload, known := workloads[name]
	if !known {
		die(exitUsage, "unknown workload '%s'; known workloads: %s", name, strings.Join(workloadNames(), " "))
	}
	play := &play{workload: name, parameters: append(workload.parameters, workers), value: map[string]uint64{}}
	for _, parameter := range play.parameters {
		play.value[parameter.name] = parameter.fallback
	}
	for _, pair := range pairs {
		if reason := play.take(pair, play.parameters); reason != "" {
			die(exitUsage, "%s: %s", name, reason)
		}
	}
	if play.value["workers"] > 0 {
		runtime.GOMAXPROCS(int(play.value["workers"])) // else as many as this process may use cores
	}
	play.value["workers"] = uint64(runtime.GOMAXPROCS(0))
	play.takeBaseline()
	workload.play(play)
	play.printRecord()
}

func main() {
	switch {
	case len(os.Args) == 2 && os.Args[1] == "info":
		printInfo()
	case len(os.Args) > 2 && os.Args[1] == "play":
		wakeExactly()
		startPlay(os.Args[2], os.Args[3:])
	case len(os.Args) > 2 && os.Args[1] == "serve" && os.Args[2] == "echo":
		wakeExactly()
		serveEcho(os.Args[3:])
	default:
		die(exitUsage, "usage: simul-go info, simul-go play WORKLOAD [key=value ...], or simul-go serve echo [port=P] [address=A]")
	}
}

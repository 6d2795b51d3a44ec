/* profiles.c: see profiles.h.
 *
 * quick measures for 80 s, at most 90, on two quiet cores with all runtimes of this repository, and so leaves the
 * primitives to those who ask for them; standard for about 25 minutes. For a million tasks that sleep quick takes
 * longer a play than for anything else: there the question is how many there can be. */
#include "profiles.h"

#include <stddef.h>
#include <string.h>

#include "../../runtimes/clock.h"

static const struct sweep quick_sweeps[] = {
	{.workload = "chess", .axes = {"boards=1,4,24,100"}, .cores = 1},
	{.workload = "chess", .axes = {"boards=24"}},
	{.workload = "counting", .axes = {"limit=1000000", "slices=1,2,8"}},
	{.workload = "echo", .axes = {"connections+messages=1+1000,50+100,500+10"}, .cores = 1},
	{.workload = "spawn", .axes = {"tasks=1000,100000", "batch=1"}, .cores = 1},
	{.workload = "spawn", .axes = {"tasks=100000", "batch=100000"}, .cores = 1},
	{.workload = "spawn", .axes = {"tasks=100000", "batch=100000", "body=yield", "memory=warm,cold"}, .cores = 1},
	{.workload = "switch", .axes = {"tasks+yields=2+100000,10000+1000000"}, .cores = 1},
	{.workload = "switch", .axes = {"mode=ring", "tasks+yields=100+100000,10000+100000"}, .cores = 1},
	{.workload = "idle", .axes = {"tasks=1000,100000"}, .cores = 1},
	{.workload = "idle", .axes = {"tasks=100000", "start=spawn", "memory=warm,cold"}, .cores = 1},
	{.workload = "idle", .axes = {"tasks=1000000", "memory=cold"}, .cores = 1, .limit_ns = 8 * NS_PER_S},
	{.workload = "skynet", .axes = {"leaves=1000,1000000"}, .cores = 1, .limit_ns = 4 * NS_PER_S},
	{.workload = "skynet", .axes = {"leaves=1000000"}, .limit_ns = 4 * NS_PER_S},
	{.workload = "skynet", .axes = {"leaves=1000000", "memory=warm"}, .cores = 1, .limit_ns = 8 * NS_PER_S},
	{.workload = "skynet", .axes = {"leaves=1000000", "memory=warm"}, .limit_ns = 8 * NS_PER_S},
	{.workload = "syscall", .axes = {"mode=thread,fork"}, .cores = 1, .beside = "spawn"},
	{.workload = "syscall", .axes = {"mode=getppid,epoll_wait"}, .cores = 1},
	{.workload = "starvation", .axes = {"hog=60ms", "yields=no,yes"}, .cores = 1},
	{.workload = "contention", .axes = {"mode+increments=none+1000000,atomic+100000,mutex+10000"}},
	{.workload = "contention", .axes = {"suspend=yes", "increments=1000"}, .cores = 1},
	{.workload = "order", .axes = {"example=count,say", "unit=10ms"}, .cores = 1},
	{.workload = "range", .axes = {"mode=eager,lazy", "numbers=10000"}, .cores = 1},
	{.workload = "chat", .axes = {"rooms=1", "members+messages=8+300,48+30,200+3"}, .cores = 1},
	{.workload = "fetch", .axes = {"fetches=1,10,100,1000"}, .cores = 1},
	{.workload = "files", .axes = {"offload=no,yes"}, .cores = 1},
	{.workload = NULL},
};

static const struct sweep standard_sweeps[] = {
	{.workload = "chess", .axes = {"boards=1,4,12,24,50,100,300,1000"}, .cores = 1},
	{.workload = "chess", .axes = {"boards=24,1000"}},
	{.workload = "counting", .axes = {"limit=2000000", "slices=1,2,3,4,8,64"}},
	{.workload = "counting", .axes = {"limit=2000000", "slices=2,8", "split=blocks"}},
	{.workload = "echo", .axes = {"connections+messages=1+5000,10+3000,50+600,200+150,1000+30,5000+6"}, .cores = 1},
	{.workload = "spawn", .axes = {"tasks=2000,100000", "batch=1"}, .cores = 1},
	{.workload = "spawn", .axes = {"tasks=100000", "batch=100000"}, .cores = 1},
	{.workload = "spawn", .axes = {"tasks=100000", "batch=100000", "body=yield", "memory=warm,cold"}, .cores = 1},
	{.workload = "switch",
	 .axes = {"tasks+yields=2+1000000,100+1000000,1000+1000000,10000+1000000,100000+10000000"},
	 .cores = 1},
	{.workload = "switch",
	 .axes = {"mode=ring", "tasks+yields=2+100000,100+100000,10000+1000000,100000+10000000"},
	 .cores = 1},
	{.workload = "idle", .axes = {"tasks=1000,10000,100000"}, .cores = 1},
	{.workload = "idle", .axes = {"tasks=1000000", "memory=warm,cold"}, .cores = 1, .limit_ns = 15 * NS_PER_S},
	{.workload = "idle", .axes = {"tasks=100000", "memory=cold"}, .cores = 1},
	{.workload = "idle", .axes = {"tasks=100000", "start=spawn", "memory=warm,cold"}, .cores = 1},
	{.workload = "skynet", .axes = {"leaves=1000,1000000"}, .cores = 1},
	{.workload = "skynet", .axes = {"leaves=1000000"}},
	{.workload = "skynet", .axes = {"leaves=1000000", "memory=warm"}, .cores = 1, .limit_ns = 15 * NS_PER_S},
	{.workload = "skynet", .axes = {"leaves=1000000", "memory=warm"}, .limit_ns = 15 * NS_PER_S},
	{.workload = "syscall", .axes = {"mode=thread,fork"}, .cores = 1, .beside = "spawn"},
	{.workload = "syscall",
	 .axes = {"mode=atomic,mutex,clock_gettime,getppid,sched_yield,futex,epoll_wait,eventfd,pipe,page,thread,vfork,"
		  "fork"},
	 .cores = 1},
	{.workload = "starvation", .axes = {"yields=no,yes"}, .cores = 1},
	{.workload = "starvation", .axes = {"yields=no"}},
	{.workload = "contention", .axes = {"mode=none,atomic,mutex"}},
	{.workload = "contention", .axes = {"suspend=yes", "mode=none,mutex", "increments=10000"}, .cores = 1},
	{.workload = "order", .axes = {"example=count,say"}, .cores = 1},
	{.workload = "range", .axes = {"mode=eager,lazy", "numbers=100000,10000000"}, .cores = 1},
	{.workload = "chat", .axes = {"rooms=1", "members+messages=2+5000,8+2000,48+100,200+10,1000+1"}, .cores = 1},
	{.workload = "chat", .axes = {"rooms=20", "members+messages=40+300,200+100,1000+10"}, .cores = 1},
	{.workload = "fetch", .axes = {"fetches=1,10,100,1000,10000"}, .cores = 1},
	{.workload = "files", .axes = {"offload=no,yes", "files=1,16,100"}, .cores = 1},
	{.workload = "files", .axes = {"offload=no,yes", "slow=10ms"}, .cores = 1},
	{.workload = NULL},
};

/* What one task costs, for forecasts, and the chess and echo that they are held against. A game of 10,000 boards has
 * two pairs, or it would take as long as all others. */
static const struct sweep costs_sweeps[] = {
	{.workload = "chess", .axes = {"boards=1,4,24,100,1000"}, .cores = 1},
	{.workload = "chess", .axes = {"boards=24,1000"}},
	{.workload = "chess", .axes = {"boards=10000", "pairs=2"}, .cores = 1},
	{.workload = "chess", .axes = {"boards=10000", "pairs=2"}},
	{.workload = "switch", .axes = {"tasks+yields=2+100000"}, .cores = 1},
	{.workload = "idle", .axes = {"tasks=1,24", "sleeps=50", "sleep=1ms"}, .cores = 1},
	{.workload = "idle", .axes = {"tasks=1000,10000", "sleeps=20", "sleep=10ms"}, .cores = 1},
	{.workload = "idle", .axes = {"tasks=24,1000,10000", "sleeps=2", "sleep=10ms"}, .cores = 1},
	{.workload = "idle", .axes = {"tasks=24", "sleeps=50", "sleep=1ms"}},
	{.workload = "idle", .axes = {"tasks=1000,10000", "sleeps=20", "sleep=10ms"}},
	{.workload = "idle", .axes = {"tasks=24,1000,10000", "sleeps=2", "sleep=10ms"}},
	{.workload = "echo", .axes = {"connections+messages=1+2000,10+500,50+200,200+100,1000+20"}, .cores = 1},
	{.workload = "echo", .axes = {"connections+messages=1+500,100+50", "size=16KiB"}, .cores = 1},
	{.workload = NULL},
};

static const struct sweep full_sweeps[] = {
	{.workload = "chess", .axes = {"boards=1,2,4,8,16,24,50,100,200,500,1000,2000,5000"}, .cores = 1},
	{.workload = "chess", .axes = {"boards=24,100,1000,5000"}},
	{.workload = "counting", .axes = {"limit=5000000,20000000", "slices=1,2,3,4,6,8,16,64,1000"}},
	{.workload = "counting", .axes = {"limit=5000000,20000000", "slices=8"}, .cores = 1},
	{.workload = "counting", .axes = {"limit=5000000", "slices=2,4,8", "split=blocks"}},
	{.workload = "echo",
	 .axes = {"connections+messages=1+50000,2+50000,5+40000,10+20000,20+10000,50+4000,100+2000,200+1000,500+400,"
		  "1000+200,2000+100,5000+40,10000+20"},
	 .cores = 1},
	{.workload = "echo", .axes = {"connections+messages=50+4000", "size=1KiB,16KiB"}, .cores = 1},
	{.workload = "spawn", .axes = {"tasks=2000,100000", "batch=1"}, .cores = 1},
	{.workload = "spawn", .axes = {"tasks=100000", "batch=100000"}, .cores = 1},
	{.workload = "spawn",
	 .axes = {"tasks+batch=100000+100000,1000000+1000000", "body=yield", "memory=warm,cold"},
	 .cores = 1},
	{.workload = "spawn", .axes = {"tasks=100000", "batch=1,100000"}},
	{.workload = "switch",
	 .axes = {"tasks+yields=2+10000000,10+10000000,100+10000000,1000+10000000,10000+10000000,100000+10000000"},
	 .cores = 1},
	{.workload = "switch",
	 .axes = {"mode=ring",
		  "tasks+yields=2+1000000,10+1000000,100+1000000,1000+1000000,10000+1000000,100000+10000000"},
	 .cores = 1},
	{.workload = "switch", .axes = {"mode=ring", "tasks+yields=2+100000,10000+1000000"}},
	{.workload = "idle", .axes = {"tasks=1000,2000,5000,10000,20000,50000,100000,1000000"}, .cores = 1},
	{.workload = "idle", .axes = {"tasks=100000,1000000", "memory=cold"}, .cores = 1},
	{.workload = "idle", .axes = {"tasks=100000", "start=spawn", "memory=warm,cold"}},
	{.workload = "skynet", .axes = {"leaves=1000,10000,100000,1000000"}, .cores = 1},
	{.workload = "skynet", .axes = {"leaves=1000,1000000"}},
	{.workload = "skynet", .axes = {"leaves=1000000", "memory=warm"}, .cores = 1},
	{.workload = "skynet", .axes = {"leaves=1000000", "memory=warm"}},
	{.workload = "syscall", .axes = {"mode=thread,fork"}, .cores = 1, .beside = "spawn"},
	{.workload = "syscall",
	 .axes = {"mode=atomic,mutex,clock_gettime,getppid,sched_yield,futex,epoll_wait,eventfd,pipe,page,thread,vfork,"
		  "fork"},
	 .cores = 1},
	{.workload = "starvation", .axes = {"yields=no,yes"}, .cores = 1},
	{.workload = "starvation", .axes = {"yields=no,yes"}},
	{.workload = "contention", .axes = {"mode=none,atomic,mutex", "tasks=2,4,16,64"}},
	{.workload = "contention", .axes = {"suspend=yes", "mode=none,mutex", "increments=10000"}, .cores = 1},
	{.workload = "order", .axes = {"example=count,say"}},
	{.workload = "range", .axes = {"mode=eager,lazy", "numbers=100000,1000000,10000000"}, .cores = 1},
	{.workload = "chat",
	 .axes = {"rooms=1", "members+messages=2+50000,8+20000,48+1000,200+100,500+20,1000+10"},
	 .cores = 1},
	{.workload = "chat", .axes = {"rooms=20", "members+messages=40+3000,200+1000,1000+100,5000+20"}, .cores = 1},
	{.workload = "chat", .axes = {"rooms=1,20", "members+messages=200+100"}},
	{.workload = "fetch", .axes = {"fetches=1,10,100,300,1000,3000,10000"}, .cores = 1},
	{.workload = "fetch", .axes = {"fetches=100,1000", "size=64KiB"}, .cores = 1},
	{.workload = "fetch", .axes = {"fetches=1000,10000"}},
	{.workload = "files", .axes = {"offload=no,yes", "files=1,16,100", "size=4KiB,64KiB"}, .cores = 1},
	{.workload = "files", .axes = {"offload=no,yes", "slow=10ms"}},
	{.workload = NULL},
};

const struct profile profiles[] = {
	{
		.name = "quick",
		.help = "a first look: 5 repetitions, about 80 s on 2 quiet cores",
		.workloads = "chess,counting,echo",
		.repetitions = 5,
		.limit_ns = NS_PER_S,
		.timeout_ns = 20 * NS_PER_S,
		.sweeps = quick_sweeps,
	},
	{
		.name = "standard",
		.help = "figures to stand on: 10 repetitions, about 25 minutes on 2 cores",
		.workloads = "chess,counting,echo",
		.repetitions = 10,
		.limit_ns = 3 * NS_PER_S,
		.timeout_ns = 60 * NS_PER_S,
		.sweeps = standard_sweeps,
	},
	{
		.name = "costs",
		.help = "what simul predict and simul advise need: 5 repetitions, a quarter of an hour on 2 cores",
		.workloads = "chess,switch,idle,echo",
		.repetitions = 5,
		.limit_ns = 3 * NS_PER_S,
		.timeout_ns = 30 * NS_PER_S,
		.sweeps = costs_sweeps,
	},
	{
		.name = "full",
		.help = "everything and the peers: 20 repetitions and more sizes, some hours on 2 cores",
		.peers = true,
		.repetitions = 20,
		.limit_ns = 60 * NS_PER_S,
		.timeout_ns = 300 * NS_PER_S,
		.sweeps = full_sweeps,
	},
	{.name = NULL},
};

const struct profile *profile_find(const char *name)
{
	for (const struct profile *profile = profiles; profile->name; profile++)
		if (strcmp(profile->name, name) == 0)
			return profile;
	return NULL;
}

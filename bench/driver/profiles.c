/* profiles.c: see profiles.h.
 *
 * quick measures for at most 90 s on two cores with the four runtimes of this repository; standard for about half an
 * hour. */
#include "profiles.h"

#include <stddef.h>
#include <string.h>

#include "../../runtimes/clock.h"

static const struct sweep quick_sweeps[] = {
	{.workload = "chess", .axes = {"boards=1,4,24,100,300"}, .cores = 1},
	{.workload = "chess", .axes = {"boards=24"}},
	{.workload = "counting", .axes = {"limit=1000000", "slices=1,2,4,8"}},
	{.workload = "counting", .axes = {"limit=1000000", "slices=8"}, .cores = 1},
	{.workload = "echo", .axes = {"connections+messages=1+4000,10+2000,50+400,500+40"}, .cores = 1},
	{.workload = NULL},
};

static const struct sweep standard_sweeps[] = {
	{.workload = "chess", .axes = {"boards=1,2,4,8,16,24,50,100,200,500,1000"}, .cores = 1},
	{.workload = "chess", .axes = {"boards=24,100,1000"}},
	{.workload = "counting", .axes = {"limit=5000000", "slices=1,2,3,4,8,16,64,1000"}},
	{.workload = "counting", .axes = {"limit=5000000", "slices=8"}, .cores = 1},
	{.workload = "counting", .axes = {"limit=5000000", "slices=2,8", "split=blocks"}},
	{.workload = "echo",
	 .axes = {"connections+messages=1+10000,10+10000,50+2000,200+500,500+200,1000+100,5000+20"},
	 .cores = 1},
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
	{.workload = NULL},
};

const struct profile profiles[] = {
	{
		.name = "quick",
		.help = "a first look: 5 repetitions, at most 90 s of measuring on 2 cores",
		.repetitions = 5,
		.limit_ns = 2 * NS_PER_S,
		.timeout_ns = 20 * NS_PER_S,
		.sweeps = quick_sweeps,
	},
	{
		.name = "standard",
		.help = "figures to stand on: 10 repetitions, about half an hour on 2 cores",
		.repetitions = 10,
		.limit_ns = 10 * NS_PER_S,
		.timeout_ns = 60 * NS_PER_S,
		.sweeps = standard_sweeps,
	},
	{
		.name = "full",
		.help = "everything: 20 repetitions and more sizes, some hours on 2 cores",
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

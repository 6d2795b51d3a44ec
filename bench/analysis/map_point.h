/* map_point.h: a place of the decision map (map.h), for those who know nothing else of bundles. */
#ifndef SIMUL_MAP_POINT_H
#define SIMUL_MAP_POINT_H

struct map_point {
	double tasks, share; /* share of waiting, 0 to 1 */
};

#endif

/* fits.h: the laws of scaling over the curves of a sweep. */
#ifndef SIMUL_REPORT_FITS_H
#define SIMUL_REPORT_FITS_H

#include "../analysis/scaling.h"
#include "sweep.h"

/* Fits the law to one runtime's curve of a panel over cores. Points beyond the first boundary (siblings, another
 * package, node or kind of core, more workers than cores) are marked so. 0, also where fit->refused says why not;
 * -ENOMEM. The fit is the caller's: scaling_fit_clear() it. Its rates are operations a second, as rung_rate() has them.
 */
int sweep_fit(const struct sweep_panel *panel, unsigned slot, enum scaling_law_fitted law, struct scaling_fit *fit);

/* Prints, for 80 columns, what holds each runtime back in each sweep over cores of the bundle: Karp and Flatt's serial
 * fraction on the most like cores, and the laws' coefficients or why there are none. Nothing where there is no sweep. 0
 * or -ENOMEM. */
int fits_print(const struct bundle *bundle, FILE *out);

#endif

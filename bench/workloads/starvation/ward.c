/* ward.c: what the hog and the heart do, and what comes of it, in every dialect.
 *
 * Lateness is taken against a plan that was made before: beat i is due i beats after the start. A heart that was kept
 * from beating for long makes up for all of its beats at once, and each of them counts with its own lateness. */
#include "../../../runtimes/clock.h"
#include "../../player/play.h"
#include "../chess/chess.h"
#include "../chess/move.h"
#include "../lateness.h"
#include "starvation.h"

void starvation_open(struct starvation_ward *ward, const struct play *play, uint64_t *late_ns)
{
	const struct values *values = play_values(play);

	ward->hog = (struct starvation_hog){
		.slices = starvation_slices(values),
		.steps = chess_steps(values->value[STARVATION_SLICE], values->value[STARVATION_STEP]),
		.yields = values->value[STARVATION_YIELDS] == STARVATION_EACH_SLICE,
		.position = chess_opening(0),
	};
	ward->heart = (struct starvation_heart){
		.beats = starvation_beats(values), .beat_ns = values->value[STARVATION_BEAT], .late_ns = late_ns};
}

void starvation_compute(struct starvation_hog *hog)
{
	hog->position = chess_move(hog->position, hog->steps);
}

void starvation_beat(struct starvation_ward *ward, uint64_t beat)
{
	uint64_t due_ns = starvation_due_ns(ward, beat), now_ns = clock_now();
	uint64_t gap_ns = now_ns - (beat > 0 ? ward->heart.ended_ns : ward->begun_ns);

	ward->heart.gap_ns = gap_ns > ward->heart.gap_ns ? gap_ns : ward->heart.gap_ns;
	ward->heart.ended_ns = now_ns;
	if (now_ns < due_ns)
		return; /* not counted: the audit fails */
	ward->heart.late_ns[beat] = now_ns - due_ns;
	ward->heart.beaten++;
}

void starvation_report(struct play *play, const struct starvation_ward *ward, uint64_t ended)
{
	const struct starvation_hog *hog = &ward->hog;
	const struct starvation_heart *heart = &ward->heart;

	play_end(play, heart->ended_ns > hog->ended_ns ? heart->ended_ns : hog->ended_ns);
	play_audit(play, ended, heart->beaten, 0, hog->position);
	play_figure(play, "gap_max_ms", (double)heart->gap_ns / 1e6);
	lateness_report(play, heart->late_ns, heart->beats);
	play_figure(play, "hog_ms", (double)(hog->ended_ns - ward->begun_ns) / 1e6);
}

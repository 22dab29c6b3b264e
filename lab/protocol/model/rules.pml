/* Each rule of the protocol by its name, and the naive protocol that goes without it. */

/* Whoever settles or extends names the generation it holds. */
#ifdef NO_GENERATION
#define SAME_GENERATION(known, mine) true
#else
#define SAME_GENERATION(known, mine) (known == mine)
#endif
#define MINE(whose, mine) (claims[whose].live && SAME_GENERATION(claims[whose].generation, mine))

/* So does who releases or rejects. */
#ifdef NO_RELEASE_FENCE
#define MAY_SETTLE(q) (claims[q.id].live && (q.letter != ACKED || MINE(q.id, q.generation)))
#else
#define MAY_SETTLE(q) MINE(q.id, q.generation)
#endif

/* An ack takes the item out of the asker's own claim, not out of anybody's. */
#ifdef NO_FENCE
#define ACKS_ANYWHERE(q) (q.letter == ACKED)
#else
#define ACKS_ANYWHERE(q) false
#endif

/* A live claim is handed out again to who has it. */
#ifdef NO_REPLAY
#define REPLAYS false
#else
#define REPLAYS true
#endif

/* A takeover brings a new generation. */
#ifdef NO_BUMP
#define bump(whose) fresh = claims[whose].generation
#else
#define bump(whose) next_generation()
#endif

/* It fences before anything dies of it. */
#ifdef LATE_FENCE
#define FENCES_FIRST false
#else
#define FENCES_FIRST true
#endif

/* Only a newer try takes over. */
#ifdef ANY_TAKES_OVER
#define NEWER(one, other) (one != other)
#define TOLD_TO_END(one, other) false
#else
#define NEWER(one, other) (one > other)
#define TOLD_TO_END(one, other) (one < other)
#endif

/* A step acks the generation that it names. */
#ifdef NO_AFTER
#define STEPPING(q) (q.ack_first && claims[q.id].live && claims[q.id].incarnation == q.incarnation)
#else
#define STEPPING(q) (q.ack_first && MINE(q.id, q.generation) \
  && claims[q.id].incarnation == q.incarnation)
#endif

/* A step whose claim has expired is lost. */
#ifdef STEP_BLIND
#define STEP_SEES(expired) false
#else
#define STEP_SEES(expired) (expired > 0)
#endif

/* Requests of claims that have ended are known again. */
#ifdef NO_PAST
#define FOLLOWS_ANYTHING true
#else
#define FOLLOWS_ANYTHING false
#endif

/* A claim that was acked in part and then expired is lost. */
#ifdef PART_BLIND
#define PART_SEES(expired) 0
#else
#define PART_SEES(expired) expired
#endif

/* A release that is repeated finds the item released, and does not put it back once more. */
#ifdef NO_OUTCOMES
#define PUTS_BACK_AGAIN(q) (q.letter == RELEASED)
#else
#define PUTS_BACK_AGAIN(q) false
#endif

/* What was acked alone stays acked. */
#ifdef NO_PARTS
#define MARKS_PARTS false
#else
#define MARKS_PARTS true
#endif

/* Only a lease that has run out, with no renewal since, is reaped. */
#ifdef NO_RENEWAL
#define REAPABLE(c) claims[c].live
#else
#define REAPABLE(c) (claims[c].live && claims[c].overdue)
#endif

/* A producer's running number is taken once. */
#ifdef NO_NUMBER
#define TAKEN(number) false
#else
#define TAKEN(number) (pushed >= number)
#endif

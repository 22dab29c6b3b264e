/* What must always hold. It is stated over the true place and tenure of each item, never over
 * what the protocol itself compares, so that it means the same when a rule is taken out. */
#define ACKED_ONCE 1    /* an item is acked at most once */
#define ONE_PLACE 2     /* a pushed item is ready, claimed, dead or acked: one of them, once */
#define ONE_CLAIMANT 4  /* at most one worker could ack an item now */
#define TOLD_TRUE 8     /* who is told "acked" did ack it, under the hand-over it knows */
#define FENCED 16       /* an ack takes what its sender was handed, and nobody was since */
#define FROM_READY 32   /* only a ready item is handed out */
#define NO_THEFT 64     /* a live lease ends by its owner, or by a newer try of it, alone */
#define PUSHED_ONCE 128
#define SUPERSEDED 256  /* an older try gets nothing once a newer one holds */
#define NO_ECHO 512     /* a copy of a request whose claim was settled takes nothing */
#ifndef PROPERTIES
#define PROPERTIES 1023
#endif
#define check(property, holds) assert(!(PROPERTIES & property) || (holds))


/**
 * Does `step` again and again in several lanes at once until one of them finds nothing more, the
 * number is reached or the signal comes. Where one fails, the others finish the step they are at.
 *
 * @param step resolves to false where there is nothing more
 * @throws the first failure, once every lane is at rest
 */
export async function drain(
  step: () => Promise<boolean>,
  { lanes, most }: { readonly lanes: number; readonly most: number },
  signal: AbortSignal,
): Promise<void> {
  let begun = 0;
  let isEmpty = false;
  const lane = async () => {
    while (!isEmpty && begun < most && !signal.aborted) {
      begun += 1;
      let found = false;
      try {
        found = await step();
      } finally {
        isEmpty ||= !found;
      }
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: lanes }, lane));
  const failed = ended.find((each) => each.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

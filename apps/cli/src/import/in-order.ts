/** So many at once, each of them in its order: what `keyOf` makes equal is done one after the other. */
export async function inOrder<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
  most: number,
  act: (item: Item) => Promise<void>,
): Promise<void> {
  const chains = new Map<string, Item[]>();
  for (const item of items) {
    const chain = chains.get(keyOf(item));
    if (chain) chain.push(item);
    else chains.set(keyOf(item), [item]);
  }
  const waiting = [...chains.values()];
  let failure: { readonly error: unknown } | undefined;
  const worker = async (): Promise<void> => {
    for (let chain = waiting.shift(); chain && !failure; chain = waiting.shift())
      for (const item of chain) await act(item);
  };
  const workers = Array.from({ length: Math.min(most, waiting.length) }, () =>
    worker().catch((error: unknown) => void (failure ??= { error })),
  );
  await Promise.all(workers);
  if (failure) throw failure.error;
}

/** Changes to maps, which can be taken back. */
export class Changes {
  private readonly undo: (() => void)[] = [];

  set<K, V>(map: Map<K, V>, key: K, value: V): void {
    this.remember(map, key);
    map.set(key, value);
  }

  delete<K, V>(map: Map<K, V>, key: K): void {
    this.remember(map, key);
    map.delete(key);
  }

  /** Makes the maps what they were. */
  takeBack(): void {
    for (const undo of this.undo.splice(0).reverse()) undo();
  }

  /** Gives up taking them back. */
  keep(): void {
    this.undo.length = 0;
  }

  private remember<K, V>(map: Map<K, V>, key: K): void {
    const before = map.get(key);
    this.undo.push(before === undefined ? () => map.delete(key) : () => map.set(key, before));
  }
}

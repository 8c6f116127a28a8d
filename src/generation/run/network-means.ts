// What it takes to load a network beside those of a model.
import type { NetworkEvent } from '../../runtime/network-event.ts';
import type { Device } from '../../runtime/executor.ts';

export interface NetworkMeans {
  device(): Promise<Device>;
  /** Gives the memory of other networks back where the next one needs it. */
  makeWay(): Promise<void>;
  onEvent(event: NetworkEvent): void;
}

/** Entities in the official emulator's configuration format (`UserConfig.Namespaces[].Queues` and `.Topics`). */
export interface EmulatorConfig {
  readonly UserConfig: {
    readonly Namespaces: readonly {
      readonly Name: string;
      readonly Queues?: readonly { readonly Name: string; readonly Properties?: EntityProperties }[];
      readonly Topics?: readonly {
        readonly Name: string;
        readonly Properties?: EntityProperties;
        readonly Subscriptions?: readonly {
          readonly Name: string;
          readonly Properties?: EntityProperties;
          readonly Rules?: readonly unknown[];
        }[];
      }[];
    }[];
  };
}

export interface EntityProperties {
  readonly RequiresSession?: boolean;
  readonly RequiresDuplicateDetection?: boolean;
  /** ISO 8601 durations. */
  readonly DuplicateDetectionHistoryTimeWindow?: string;
  readonly LockDuration?: string;
  readonly DefaultMessageTimeToLive?: string;
  readonly MaxDeliveryCount?: number;
  readonly DeadLetteringOnMessageExpiration?: boolean;
}

/** What a queue or subscription does; times in milliseconds. */
export interface EntityOptions {
  readonly sessions: boolean;
  /** Window of duplicate detection; 0: none. */
  readonly duplicateWindow: number;
  readonly lockDuration: number;
  readonly timeToLive: number;
  readonly maxDeliveryCount: number;
  readonly deadLetterExpired: boolean;
}

/** Reads properties, with the service's defaults. @throws Error naming the value that is no duration. */
export function entityOptions(properties: EntityProperties = {}): EntityOptions {
  return {
    sessions: properties.RequiresSession ?? false,
    duplicateWindow: properties.RequiresDuplicateDetection
      ? duration(properties.DuplicateDetectionHistoryTimeWindow ?? 'PT10M')
      : 0,
    lockDuration: duration(properties.LockDuration ?? 'PT1M'),
    timeToLive: duration(properties.DefaultMessageTimeToLive ?? 'P14D'),
    maxDeliveryCount: properties.MaxDeliveryCount ?? 10,
    deadLetterExpired: properties.DeadLetteringOnMessageExpiration ?? false,
  };
}

/** An ISO 8601 duration of days and smaller in milliseconds. */
export function duration(text: string): number {
  const match = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?)?$/.exec(text);
  if (match === null || text === 'P')
    throw new Error(`"${text}" is no ISO 8601 duration of days, hours, minutes and seconds.`);
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((part) => Number(part ?? 0));
  return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000;
}

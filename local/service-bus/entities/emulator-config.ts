import type { EntityProperties } from './entity-properties.ts';
import { isPropertyName, propertyTypes } from './entity-properties.ts';

/** A rule in the emulator's entity file. */
export interface DeclaredRule {
  readonly Name: string;
  readonly Properties?: {
    readonly FilterType?: string;
    readonly SqlFilter?: { readonly SqlExpression: string };
    readonly CorrelationFilter?: Readonly<Record<string, unknown>>;
    readonly Action?: { readonly SqlExpression: string };
  };
}

export interface DeclaredSubscription {
  readonly Name: string;
  readonly Properties?: EntityProperties;
  /** None: every message is copied. */
  readonly Rules?: readonly DeclaredRule[];
}

/**
 * Entities in the official emulator's configuration format
 * (https://learn.microsoft.com/azure/service-bus-messaging/test-locally-with-service-bus-emulator).
 */
export interface EmulatorConfig {
  readonly UserConfig: {
    readonly Namespaces: readonly {
      readonly Name: string;
      readonly Queues?: readonly { readonly Name: string; readonly Properties?: EntityProperties }[];
      readonly Topics?: readonly {
        readonly Name: string;
        readonly Properties?: EntityProperties;
        readonly Subscriptions?: readonly DeclaredSubscription[];
      }[];
    }[];
  };
}

/** @throws Error naming the property that there is not, or that is of another type */
export function checkProperties(of: string, properties: EntityProperties = {}): EntityProperties {
  for (const [name, value] of Object.entries(properties)) {
    if (!isPropertyName(name)) throw new Error(`${of}: there is no property ${name}.`);
    if (typeof value !== propertyTypes[name]) throw new Error(`${of}: ${name} is a ${propertyTypes[name]}.`);
  }
  return properties;
}

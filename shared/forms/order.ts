/** Code system of orders that are Wardline's own. */
export const orderSystem = 'https://wardline.nhs.uk/order';

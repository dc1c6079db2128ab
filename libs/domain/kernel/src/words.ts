/** A count with the noun or verb in the right number: `1 credit`, `1,500 credits`, `1 is used`. */
export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`;

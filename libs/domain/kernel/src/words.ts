/** `1 credit`, `1,500 credits`, `1 is used`: a count with the word that fits it, as all texts for people say it. */
export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`;

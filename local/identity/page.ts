export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** A page of the provider. @param body HTML below the heading */
export const page = (title: string, body: string): string => `<!doctype html>
<html lang="en-GB"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escapeHtml(title)}</title>
<style>
body { font: 18px/1.4 Arial, sans-serif; margin: 0; background: #f0f4f5; color: #212b32; }
main { max-width: 560px; margin: 40px auto; padding: 0 16px; }
button { display: flex; justify-content: space-between; gap: 16px; width: 100%; min-height: 48px; margin: 8px 0; padding: 10px 16px; font: inherit; text-align: left; color: #212b32; background: #fff; border: 1px solid #768692; border-radius: 4px; cursor: pointer; }
button:focus-visible { outline: 3px solid #212b32; background: #ffeb3b; }
input { font: inherit; padding: 8px; width: 100%; box-sizing: border-box; }
span { color: #4c6272; }
</style></head>
<body><main><h1>${escapeHtml(title)}</h1>${body}</main></body></html>`;

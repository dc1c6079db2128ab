import { Controller, Get, Header } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Open, PROBLEM_TITLES } from '@tallystick/contracts/http';
import { REFUSALS } from '@tallystick/contracts/ledger';

/** The page that the `type` of a problem links to. */
@ApiExcludeController()
@Open()
@Controller('docs')
export class DocsController {
  @Get('problems')
  @Header('content-type', 'text/html; charset=utf-8')
  problems(): string {
    const refusals = Object.entries(REFUSALS).map(([code, { title }]) => [code, title]);
    const titles = Object.entries({ ...PROBLEM_TITLES, ...Object.fromEntries(refusals) });
    const rows = titles.map(([code, title]) => `<dt id="${code}"><code>${code}</code></dt><dd>${title}</dd>`);
    return `<!doctype html><html lang="en"><title>Problems</title><h1>Problems</h1><dl>${rows.join('')}</dl></html>`;
  }
}

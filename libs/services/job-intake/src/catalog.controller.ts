import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { CATALOG } from '@tallystick/catalog';
import { Allow } from '@tallystick/contracts/http';
import type { CatalogResponse } from '@tallystick/contracts/intake';
import { catalogView, type Catalog } from '@tallystick/domain/catalog';

@ApiTags('catalog')
@Allow('service', 'project', 'organization', 'operator')
@Controller('v1/catalog')
export class CatalogController {
  private readonly view: CatalogResponse;

  constructor(@Inject(CATALOG) catalog: Catalog) {
    this.view = catalogView(catalog);
  }

  @Get()
  @ApiOperation({ summary: 'What is sold and by which rules, as configured' })
  get(): CatalogResponse {
    return this.view;
  }
}
